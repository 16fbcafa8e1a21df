#include "plugins/teacher/decoder/packed_linear.hpp"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <string_view>

namespace gistmill::decoder {
namespace {

using ::torch::autograd::AutogradContext;
using ::torch::autograd::Function;
using ::torch::autograd::variable_list;

// The operators that torch.compile uses when weights are frozen; they have no C++ header.
using Reorder = at::Tensor(const at::Tensor&, std::optional<std::int64_t>);
using Linear = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                          std::string_view, c10::List<std::optional<at::Scalar>>,
                          std::optional<std::string_view>);

std::optional<c10::OperatorHandle> find(const char* name) {
  return c10::Dispatcher::singleton().findSchema({name, ""});
}

at::Tensor multiply(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias) {
  static const auto linear = find("mkldnn::_linear_pointwise")->typed<Linear>();
  return linear.call(x, packed, bias.defined() ? std::optional<at::Tensor>(bias) : std::nullopt, "none",
                     c10::List<std::optional<at::Scalar>>(), "");
}

struct PackedLinear : Function<PackedLinear> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& packed, const std::optional<at::Tensor>& bias) {
    context->save_for_backward({weight});
    return multiply(x, packed, bias.value_or(at::Tensor()));
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    return {at::mm(grads[0].contiguous(), context->get_saved_variables()[0]), at::Tensor(), at::Tensor(),
            at::Tensor()};
  }
};

}  // namespace

at::Tensor pack_weight(const at::Tensor& weight) {
  const bool known = weight.scalar_type() == at::kFloat || weight.scalar_type() == at::kBFloat16;
  if (!known || !at::globalContext().hasMKLDNN() || !find("mkldnn::_linear_pointwise")) return {};
  const auto reorder = find("mkldnn::_reorder_linear_weight");
  if (!reorder) return {};
  const at::NoGradGuard no_grad;
  return reorder->typed<Reorder>().call(weight.detach(), std::nullopt);
}

const at::Tensor& PackedWeight::of(const at::Tensor& weight) {
  std::call_once(once_, [&] { packed_ = pack_weight(weight); });
  return packed_;
}

at::Tensor packed_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& packed,
                         const at::Tensor& bias) {
  if (!c10::GradMode::is_enabled() || !x.requires_grad()) return multiply(x, packed, bias);
  return PackedLinear::apply(x, weight, packed,
                             bias.defined() ? std::optional<at::Tensor>(bias) : std::nullopt);
}

at::Tensor unpacked_linear(const at::Tensor& a, const at::Tensor& b) {
  static const bool known = at::globalContext().hasMKLDNN() && find("mkldnn::_linear_pointwise").has_value();
  if (!known || !a.is_cpu() || a.scalar_type() != at::kFloat) return at::linear(a, b);
  return multiply(a, b, {});
}

}  // namespace gistmill::decoder
