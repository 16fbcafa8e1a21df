// gistnet/zero: a zero vector for every span. A baseline; nothing is trained.
#include <gistmill/gist.hpp>
#include <gistmill/torch.hpp>

#include <string>
#include <tuple>

namespace {

class Zero : public gistmill::torch::Component {
 public:
  explicit Zero(const gistmill::Options& options) : position_(options.string("position")) {}

  // embeddings [K, S, D] -> gist [K, 1, D], offsets [K, 1]
  std::tuple<at::Tensor, at::Tensor> compress(const at::Tensor& embeddings) const {
    return {at::zeros({embeddings.size(0), 1, embeddings.size(2)}, embeddings.options()),
            gistmill::torch::one_place(position_, embeddings)};
  }

 private:
  std::string position_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Zero>("gistnet/zero").operation("compress", &Zero::compress));
