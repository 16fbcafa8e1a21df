// gistnet/example: mean pooling with a learned factor for each dimension, from ones.
#include <gistmill/gist.hpp>
#include <gistmill/torch.hpp>

#include <string>
#include <tuple>

namespace {

class Example : public gistmill::torch::Component {
 public:
  explicit Example(const gistmill::Options& options) : position_(options.string("position")) {}

  // The sizes that the manifest declares are known here; the host sees parameters in place.
  void start(const gistmill::Start& start) {
    factor_ = parameter("factor", at::ones({start.symbol("D")}), GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY);
  }

  // embeddings f32[K, S, D] -> gist f32[K, 1, D], offsets i32[K, 1]
  std::tuple<at::Tensor, at::Tensor> compress(const at::Tensor& embeddings) const {
    return {embeddings.mean(1, /*keepdim=*/true) * factor_,
            gistmill::torch::one_place(position_, embeddings)};
  }

 private:
  std::string position_;
  at::Tensor factor_;  // f32[D]
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("gistnet/example").operation("compress", &Example::compress));
