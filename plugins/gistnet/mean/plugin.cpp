// gistnet/mean: mean pooling of token embeddings, centered or raw. A baseline; nothing is trained.
#include <gistmill/gist.hpp>
#include <gistmill/torch.hpp>

#include <string>
#include <tuple>

namespace {

class Mean : public gistmill::torch::Component {
 public:
  explicit Mean(const gistmill::Options& options)
      : centered_(options.boolean("centered")), position_(options.string("position")) {}

  // embeddings [K, S, D], embedding_mean [D], embedding_norm [] -> gist [K, 1, D], offsets [K, 1]
  std::tuple<at::Tensor, at::Tensor> compress(const at::Tensor& embeddings, const at::Tensor& embedding_mean,
                                              const at::Tensor& embedding_norm) const {
    at::Tensor gist = embeddings.mean(1, /*keepdim=*/true);
    // The mean of 32 embeddings is mostly what all embeddings have in common. Without that part, and at the
    // norm of an embedding, the model reads the result as it would a token.
    if (centered_) {
      const at::Tensor rest = gist - embedding_mean;
      gist = rest * (embedding_norm / rest.norm(2, -1, true).clamp_min(kSmallestNorm));
    }
    return {gist, gistmill::torch::one_place(position_, embeddings)};
  }

 private:
  static constexpr double kSmallestNorm = 1e-12;  // a span of nothing but the mean gives zero, not nan

  bool centered_;
  std::string position_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Mean>("gistnet/mean").operation("compress", &Mean::compress));
