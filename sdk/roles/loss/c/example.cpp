// loss/example: the mean square of all gists, with a gradient of its own; needs no LibTorch.
#include <gistmill/plugin.hpp>

#include <vector>

namespace {

using gistmill::Call;
using gistmill::Tensor;

class Example {
 public:
  explicit Example(const gistmill::Options&) {}

  // gist f32[K, G, D] -> loss f32[]
  Tensor value(const Tensor& gist) const {
    double sum = 0;
    for (std::int64_t i = 0; i < gist.size(); ++i)
      sum += double(gist.data<float>()[i]) * gist.data<float>()[i];
    return Tensor::of<float>({static_cast<float>(sum * share(gist))}, {});
  }

  // d loss / d gist = 2 gist / size, times the gradient of the loss f32[].
  std::vector<Tensor> value_vjp(const Call&, const std::vector<Tensor>& inputs,
                                const std::vector<Tensor>& grad_outputs) const {
    const Tensor& gist = inputs[0];
    const double factor = 2 * share(gist) * grad_outputs[0].data<float>()[0];
    Tensor gradient = Tensor::zeros<float>(gist.shape());
    for (std::int64_t i = 0; i < gist.size(); ++i)
      gradient.mutable_data<float>()[i] = static_cast<float>(factor * gist.data<float>()[i]);
    return {gradient};
  }

 private:
  static double share(const Tensor& gist) {
    return gist.size() > 0 ? 1.0 / static_cast<double>(gist.size()) : 0.0;
  }
};

}  // namespace

GISTMILL_PLUGIN(
    gistmill::component<Example>("loss/example").operation("value", &Example::value, &Example::value_vjp));
