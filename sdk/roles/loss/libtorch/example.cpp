// loss/example: the mean square of all gists. Autograd gives the gradient.
#include <gistmill/torch.hpp>

#include <tuple>

namespace {

class Example : public gistmill::torch::Component {
 public:
  explicit Example(const gistmill::Options& options) : free_(options.number("free")) {}

  // gist f32[K, G, D] -> loss f32[], mean_square f32[]
  std::tuple<at::Tensor, at::Tensor> value(const at::Tensor& gist) const {
    const at::Tensor square = gist.square().mean();
    return {(square - free_).clamp_min(0), square.detach()};
  }

 private:
  double free_;
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Example>("loss/example").operation("value", &Example::value));
