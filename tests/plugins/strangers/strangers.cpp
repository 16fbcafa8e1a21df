// Components of an author who does not know what our letters mean; see plugin.toml.
#include <gistmill/plugin.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using gistmill::Error;
using gistmill::Tensor;

Tensor bytes_of(const std::string& text) {
  Tensor bytes = Tensor::zeros<std::uint8_t>({static_cast<std::int64_t>(text.size())});
  if (!text.empty()) std::memcpy(bytes.mutable_data<std::uint8_t>(), text.data(), text.size());
  return bytes;
}

class Extracts {
 public:
  explicit Extracts(const gistmill::Options& options)
      : length_(options.integer("length")),
        span_(options.integer("span")),
        spans_(options.integer("spans")),
        horizon_(options.integer("horizon")),
        text_(options.string("text")),
        folder_(options.string("folder")) {}

  // -> tokens [T], ids [1, T], spans [K], targets [K, H], text [N], folder [P]
  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> next() const {
    std::vector<std::int32_t> tokens, spans;
    for (std::int64_t i = 0; i < length_; ++i) tokens.push_back(static_cast<std::int32_t>(3 + 5 * i % 13));
    for (std::int64_t i = 0; i < spans_; ++i) spans.push_back(static_cast<std::int32_t>(1 + i));
    std::vector<std::int32_t> targets;
    for (const std::int32_t start : spans) {
      for (std::int64_t i = 0; i < horizon_; ++i) {
        const auto at = static_cast<std::size_t>(start + span_ + i);
        targets.push_back(at < tokens.size() ? tokens[at] : 0);
      }
    }
    return {Tensor::of(tokens, {length_}),
            Tensor::of(tokens, {1, length_}),
            Tensor::of(spans, {spans_}),
            Tensor::of(targets, {spans_, horizon_}),
            bytes_of(text_),
            bytes_of(folder_)};
  }

 private:
  std::int64_t length_;
  std::int64_t span_;
  std::int64_t spans_;
  std::int64_t horizon_;
  std::string text_;
  std::string folder_;
};

class Drift {
 public:
  explicit Drift(const gistmill::Options& options)
      : drives_(options.integer("drives")), trials_(options.integer("trials")) {}

  std::int64_t symbol(std::string_view name) const { return name == "N" ? 2 * drives_ : -1; }
  void start(const gistmill::Start& start) const {
    if (start.symbol("D") != drives_ || start.symbol("N") != 2 * drives_ || start.symbol("T") != trials_)
      throw Error(GM_ERROR_MISUSE, "told of sizes that are not its own");
  }
  Tensor watch(const Tensor&) const { return Tensor::zeros<float>({drives_, 2 * drives_, trials_}); }

 private:
  std::int64_t drives_;
  std::int64_t trials_;
};

class Distill {
 public:
  explicit Distill(const gistmill::Options&) {}

  Tensor value(const Tensor& logits, const Tensor& wanted) const {
    const Tensor difference = difference_of(logits, wanted);
    double sum = 0.0;
    for (std::int64_t i = 0; i < difference.size(); ++i) {
      const double each = difference.data<float>()[i];
      sum += each * each / 2;
    }
    return Tensor::of(std::vector<float>{static_cast<float>(sum)}, {});
  }
  std::vector<Tensor> value_vjp(const gistmill::Call&, const std::vector<Tensor>& inputs,
                                const std::vector<Tensor>& grad_outputs) const {
    Tensor gradient = difference_of(inputs[0], inputs[1]);
    const float scale = grad_outputs[0].data<float>()[0];
    for (std::int64_t i = 0; i < gradient.size(); ++i) gradient.mutable_data<float>()[i] *= scale;
    return {gradient, Tensor()};
  }

 private:
  // logits [B, T, V] - wanted [B, T, W], of the first V of each row
  static Tensor difference_of(const Tensor& logits, const Tensor& wanted) {
    const std::int64_t known = logits.shape()[2], all = wanted.shape()[2];
    Tensor difference = Tensor::zeros<float>(logits.shape());
    for (std::int64_t i = 0; i < logits.size(); ++i) {
      difference.mutable_data<float>()[i] =
          logits.data<float>()[i] - wanted.data<float>()[i / known * all + i % known];
    }
    return difference;
  }
};

class Census {
 public:
  explicit Census(const gistmill::Options&) {}

  std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor> count(
      const Tensor& near, const Tensor& far, const Tensor& states, const Tensor& student_states,
      const Tensor& tokens, const Tensor& written, const Tensor& drift) const {
    const auto numbers = [](const Tensor& tensor) {
      return Tensor::of(std::vector<float>{static_cast<float>(tensor.size())}, {1});
    };
    return {numbers(near),   numbers(far),     numbers(states), numbers(student_states),
            numbers(tokens), numbers(written), numbers(drift)};
  }
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<Extracts>("test/extracts").operation("next", &Extracts::next),
    gistmill::component<Drift>("test/drift").operation("watch", &Drift::watch),
    gistmill::component<Distill>("test/distill").operation("value", &Distill::value, &Distill::value_vjp),
    gistmill::component<Census>("test/census").operation("count", &Census::count));
