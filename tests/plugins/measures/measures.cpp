// A source with a cluster port of its own name, and a metric with every kind of figure; see plugin.toml.
#include <gistmill/plugin.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using gistmill::Tensor;

class Talk {
 public:
  explicit Talk(const gistmill::Options& options)
      : size_(options.integer("size")), calls_(options.integer("calls")) {}

  // -> x f32[N], speaker i64[N]
  std::tuple<Tensor, Tensor> next() {
    if (calls_ > 0 && next_ >= calls_) throw gistmill::EndOfData();
    std::vector<float> x;
    std::vector<std::int64_t> speaker;
    for (std::int64_t item = next_ * size_; item < (next_ + 1) * size_; ++item) {
      x.push_back(static_cast<float>(item + 1));
      speaker.push_back(item / 2);
    }
    ++next_;
    return {Tensor::of(x, {size_}), Tensor::of(speaker, {size_})};
  }
  std::string save_state() const { return std::to_string(next_); }
  void load_state(std::string_view bytes) { next_ = std::stoll(std::string(bytes)); }

 private:
  std::int64_t size_;
  std::int64_t calls_;
  std::int64_t next_ = 0;
};

class Measures {
 public:
  explicit Measures(const gistmill::Options&) {}

  // x f32[N] -> score, hits, latency, worst, found f32[N]
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> measure(const Tensor& x) const {
    std::vector<float> values(x.data<float>(), x.data<float>() + x.size());
    std::vector<float> found;
    for (const float value : values)
      found.push_back(value > 2 ? value : std::numeric_limits<float>::quiet_NaN());
    const auto copy = [&](const std::vector<float>& from) { return Tensor::of(from, {x.size()}); };
    return {copy(values), copy(values), copy(values), copy(values), copy(found)};
  }
};

class Spelled {
 public:
  explicit Spelled(const gistmill::Options&) {}

  // x f32[N] -> number f32[N], own i32[N, 1], next i32[N, 3], lost, less, there f32[N, 3]
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> spell(const Tensor& x) const {
    std::vector<std::int32_t> own, next;
    std::vector<float> lost, less, there;
    for (std::int64_t item = 0; item < x.size(); ++item) {
      const float value = x.data<float>()[item];
      own.push_back(static_cast<std::int32_t>(value));
      for (std::int32_t i = 1; i <= 3; ++i) {
        next.push_back(own.back() + i);
        lost.push_back(value + 0.25f * static_cast<float>(i));
        less.push_back(value);
        there.push_back(i == 3 && own.back() % 2 == 0 ? 0.0f : 1.0f);
      }
    }
    const std::vector<float> number(x.data<float>(), x.data<float>() + x.size());
    const std::int64_t n = x.size();
    return {Tensor::of(number, {n}),  Tensor::of(own, {n, 1}),  Tensor::of(next, {n, 3}),
            Tensor::of(lost, {n, 3}), Tensor::of(less, {n, 3}), Tensor::of(there, {n, 3})};
  }

  Tensor decode(const Tensor& tokens) const {
    std::vector<std::uint8_t> text;
    for (std::int64_t i = 0; i < tokens.size(); ++i)
      text.push_back(static_cast<std::uint8_t>('a' - 1 + tokens.data<std::int32_t>()[i]));
    const auto length = static_cast<std::int64_t>(text.size());
    return Tensor::of(text, {length});
  }
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Talk>("test/talk").operation("next", &Talk::next),
                gistmill::component<Measures>("test/measures").operation("measure", &Measures::measure),
                gistmill::component<Spelled>("test/spelled")
                    .operation("spell", &Spelled::spell)
                    .operation("decode", &Spelled::decode));
