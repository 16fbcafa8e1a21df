// Parts of pipelines for tests of the host's training; see plugin.toml.
#include <gistmill/plugin.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using gistmill::Call;
using gistmill::Tensor;

std::vector<float> numbers(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.size()};
}

// loss = squares * sum(y * y) / 2 + weight * sum(y)
class Loss {
 public:
  Loss(float squares, float weight) : squares_(squares), weight_(weight) {}

  Tensor value(const Tensor& y) const {
    float sum = 0;
    for (const float each : numbers(y)) sum += 0.5f * squares_ * each * each + weight_ * each;
    return Tensor::of(std::vector<float>{sum}, {});
  }
  std::vector<Tensor> value_vjp(const Call&, const std::vector<Tensor>& inputs,
                                const std::vector<Tensor>& grads) const {
    const float flowing = grads[0].data<float>()[0];
    std::vector<float> gradient;
    for (const float each : numbers(inputs[0])) gradient.push_back(flowing * (squares_ * each + weight_));
    return {Tensor::of(gradient, inputs[0].shape())};
  }

 private:
  float squares_;
  float weight_;
};

struct Tilt : Loss {
  explicit Tilt(const gistmill::Options&) : Loss(0, 1) {}
};

struct Both : Loss {
  explicit Both(const gistmill::Options& options) : Loss(1, static_cast<float>(options.number("weight"))) {}
};

class Session {
 public:
  explicit Session(const gistmill::Options& options) {
    const auto size = options.integer("size");
    for (std::int64_t i = 0; i < size; ++i)
      state_.push_back(static_cast<float>(i + 1) / static_cast<float>(size));
  }

  Tensor next() const { return Tensor::of(state_, {static_cast<std::int64_t>(state_.size())}); }
  void act(const Tensor& y) { state_ = numbers(y); }

  // Version 1: the numbers as they lie in memory.
  std::string save_state() const {
    std::string bytes = "1";
    bytes.append(reinterpret_cast<const char*>(state_.data()), state_.size() * sizeof(float));
    return bytes;
  }
  void load_state(std::string_view bytes) {
    if (bytes.size() != 1 + state_.size() * sizeof(float) || bytes[0] != '1')
      throw gistmill::Error(GM_ERROR_USER, "the state is of another session");
    std::memcpy(state_.data(), bytes.data() + 1, bytes.size() - 1);
  }

 private:
  std::vector<float> state_;
};

float drawn(const Call& call) {
  return static_cast<float>(call.random_key() >> 40) / 16777216.0f;
}  // 24 bits

struct Draw {
  Tensor fill(const Call& call, const Tensor& x) const {
    return Tensor::of(std::vector<float>(static_cast<std::size_t>(x.size()), drawn(call)), x.shape());
  }
};

struct Mask {
  Tensor apply(const Call& call, const Tensor& x) const {
    std::vector<float> y = numbers(x);
    for (float& each : y) each *= drawn(call);
    return Tensor::of(y, x.shape());
  }
  std::vector<Tensor> apply_vjp(const Call& call, const std::vector<Tensor>&,
                                const std::vector<Tensor>& grads) const {
    return {apply(call, grads[0])};
  }
};

struct Halves {
  std::tuple<Tensor, Tensor> split(const Tensor& x) const {
    const std::vector<float> all = numbers(x);
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    return {Tensor::of(std::vector<float>(all.begin(), middle), {middle - all.begin()}),
            Tensor::of(std::vector<float>(middle, all.end()), {all.end() - middle})};
  }
};

class Root {
 public:
  explicit Root(const gistmill::Options& options) : top_(static_cast<float>(options.number("top"))) {}

  Tensor measure(const Tensor& y) const {
    std::vector<float> roots = numbers(y);
    for (float& each : roots) each = std::sqrt(top_ - each);
    return Tensor::of(roots, y.shape());
  }

 private:
  float top_;
};

struct Measure {
  Tensor measure(const Tensor& y) const { return y; }
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Tilt>("test/tilt").operation("value", &Tilt::value, &Tilt::value_vjp),
                gistmill::component<Both>("test/both").operation("value", &Both::value, &Both::value_vjp),
                gistmill::component<Session>("test/session")
                    .operation("next", &Session::next)
                    .operation("act", &Session::act),
                gistmill::component<Draw>("test/draw").operation("fill", &Draw::fill),
                gistmill::component<Mask>("test/mask").operation("apply", &Mask::apply, &Mask::apply_vjp),
                gistmill::component<Halves>("test/halves").operation("split", &Halves::split),
                gistmill::component<Root>("test/root").operation("measure", &Root::measure),
                gistmill::component<Measure>("test/measure").operation("measure", &Measure::measure));
