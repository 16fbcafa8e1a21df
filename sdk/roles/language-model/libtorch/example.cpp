// teacher/example: a uniform language model. A real one reads its sizes from a file in the constructor
// (headers only), answers them in symbol(), and loads its weights in start().
#include <gistmill/random.hpp>
#include <gistmill/torch.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

namespace {

class Example : public gistmill::torch::Component {
 public:
  explicit Example(const gistmill::Options& options)
      : vocabulary_(options.integer("vocabulary")), most_(options.integer("max_tokens")) {}

  // ids i32[B, T] -> logits f32[B, T, V]
  at::Tensor forward(const at::Tensor& ids) const {
    return at::zeros({ids.size(0), ids.size(1), vocabulary_}, at::kFloat);
  }

  // tokens i32[T] -> nll f32[U], U = T - 1
  at::Tensor score(const at::Tensor& tokens) const {
    const std::int64_t scored = std::max<std::int64_t>(tokens.size(0) - 1, 0);
    return at::full({scored}, std::log(static_cast<double>(vocabulary_)), at::kFloat);
  }

  // prompt i32[B, P] -> tokens i32[B, G], lengths i32[B]
  std::tuple<at::Tensor, at::Tensor> generate(const gistmill::Call& call, const at::Tensor& prompt,
                                              const std::optional<at::Tensor>& most) const {
    const std::int64_t count = most ? std::min<std::int64_t>(most_, most->item<std::int32_t>()) : most_;
    const at::Tensor tokens = at::empty({prompt.size(0), count}, at::kInt);
    gistmill::KeyedRandom random(call.random_key());
    auto* const numbers = tokens.mutable_data_ptr<std::int32_t>();
    for (std::int64_t i = 0; i < tokens.numel(); ++i)
      numbers[i] = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(vocabulary_)));
    return {tokens, at::full({prompt.size(0)}, count, at::kInt)};
  }

 private:
  std::int64_t vocabulary_;
  std::int64_t most_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("teacher/example")
                    .operation("forward", &Example::forward)
                    .operation("score", &Example::score)
                    .operation("generate", &Example::generate));
