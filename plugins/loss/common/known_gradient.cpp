#include "plugins/loss/common/known_gradient.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace gistmill::loss {
namespace {

// A gradient of a head is as large as the head: it is not copied where the loss is what is minimized.
at::Tensor times(const at::Tensor& above, const at::Tensor& gradient) {
  if (gradient.numel() == 0) return {};  // there is none
  return above.is_cpu() && above.item<double>() == 1 ? gradient : above * gradient;
}

struct KnownGradients : public ::torch::autograd::Function<KnownGradients> {
  static at::Tensor forward(::torch::autograd::AutogradContext* context, const at::Tensor& /*first*/,
                            const at::Tensor& /*second*/, const at::Tensor& value,
                            const at::Tensor& first_gradient, const at::Tensor& second_gradient) {
    context->save_for_backward({first_gradient, second_gradient});
    return value.clone();
  }
  static ::torch::autograd::variable_list backward(::torch::autograd::AutogradContext* context,
                                                   const ::torch::autograd::variable_list& above) {
    const auto gradients = context->get_saved_variables();
    return {times(above[0], gradients[0]), times(above[0], gradients[1]), at::Tensor(), at::Tensor(),
            at::Tensor()};
  }
};

}  // namespace

at::Tensor with_known_gradients(const at::Tensor& value, const Known& first, const Known& second) {
  // Autograd takes no undefined tensors.
  const auto given = [](const at::Tensor& tensor) { return tensor.defined() ? tensor : at::empty({0}); };
  return KnownGradients::apply(first.input, given(second.input), value, first.gradient,
                               given(second.gradient));
}

}  // namespace gistmill::loss
