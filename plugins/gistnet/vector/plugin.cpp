// gistnet/vector: one learned vector for all spans, from zero. A control for style; sees no span.
#include <gistmill/gist.hpp>
#include <gistmill/torch.hpp>

#include <string>
#include <tuple>

namespace {

class Vector : public gistmill::torch::Component {
 public:
  explicit Vector(const gistmill::Options& options)
      : position_(options.string("position")), scale_(options.number("scale")) {}

  void start(const gistmill::Start& start) {
    vector_ = parameter("vector", at::zeros({start.symbol("D")}), GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY);
  }

  // embeddings [K, S, D], embedding_norm [] -> gist [K, 1, D], offsets [K, 1]
  std::tuple<at::Tensor, at::Tensor> compress(const at::Tensor& embeddings,
                                              const at::Tensor& embedding_norm) const {
    const at::Tensor gist =
        scale_ * gistmill::torch::embedding_rms(embedding_norm, vector_.size(0)) * vector_;
    return {gist.expand({embeddings.size(0), 1, -1}).contiguous(),
            gistmill::torch::one_place(position_, embeddings)};
  }

 private:
  std::string position_;
  double scale_;
  at::Tensor vector_;  // [D]
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Vector>("gistnet/vector").operation("compress", &Vector::compress));
