#include "plugins/student/retnet/block.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <tuple>
#include <utility>

#include "gistmill/products.hpp"
#include "plugins/teacher/decoder/packed_linear.hpp"
#include "plugins/teacher/decoder/rows.hpp"

namespace gistmill::retnet {
namespace {

using ::torch::autograd::AutogradContext;
using ::torch::autograd::Function;
using ::torch::autograd::variable_list;

// [B, T, ..] -> [B T, ..]
at::Tensor flat(const at::Tensor& x) { return x.reshape({-1, x.size(-1)}); }

// Where the decoder's fused rows serve.
bool fused(const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat; }

// a [m, k] times the transpose of b [n, k], of any strides; not differentiable.
at::Tensor product(const at::Tensor& a, const at::Tensor& b, bool half) {
  return half ? times(a, b, half) : decoder::unpacked_linear(a, b);
}

struct InnerCapsule final : ::torch::CustomClassHolder {
  explicit InnerCapsule(std::shared_ptr<const Inner> held) : inner(std::move(held)) {}
  std::shared_ptr<const Inner> inner;
};

class RetentionInner final : public Inner {
 public:
  RetentionInner(const Config& config, std::shared_ptr<const Places> places)
      : config_(config), places_(std::move(places)) {}
  at::Tensor forward(const at::Tensor& wide) const override {
    return chunkwise(config_, wide, *places_, nullptr);
  }
  std::pair<at::Tensor, at::Tensor> backward(const at::Tensor& wide, const at::Tensor& grad) const override {
    ChunkwiseGradient gradient = chunkwise_backward(config_, wide, *places_, grad);
    return {std::move(gradient.result), std::move(gradient.mixed)};
  }
  double flops(std::int64_t tokens) const override { return chunkwise_flops(config_, tokens); }

 private:
  Config config_;
  std::shared_ptr<const Places> places_;
};

class GatedInner final : public Inner {
 public:
  explicit GatedInner(const Config& config) : config_(config) {}
  at::Tensor forward(const at::Tensor& wide) const override {
    return fused(wide) ? decoder::rows::swiglu(flat(wide)) : gated(config_, wide);
  }
  std::pair<at::Tensor, at::Tensor> backward(const at::Tensor& wide, const at::Tensor& grad) const override {
    if (fused(wide)) {
      const at::Tensor rows = flat(wide);
      return {decoder::rows::swiglu(rows), decoder::rows::swiglu_backward(flat(grad), rows)};
    }
    const std::int64_t width = config_.feed_forward;
    const at::Tensor first = wide.narrow(-1, 0, width);
    const at::Tensor second = wide.narrow(-1, width, width);
    at::Tensor result = at::empty_like(wide);
    const at::Tensor given = grad * second;
    const bool swish = config_.activation == Activation::kSwish;
    const at::Tensor open = swish ? at::silu(first) : at::gelu(first);
    result.narrow(-1, 0, width)
        .copy_(swish ? at::silu_backward(given, first) : at::gelu_backward(given, first));
    result.narrow(-1, width, width).copy_(grad * open);
    return {open * second, result};
  }
  double flops(std::int64_t) const override { return 0.0; }

 private:
  bool fused(const at::Tensor& wide) const {
    return config_.activation == Activation::kSwish && retnet::fused(wide);
  }

  Config config_;
};

at::Tensor inverse_norm(const at::Tensor& x, double epsilon) {
  return (x.square().mean(-1, true) + epsilon).rsqrt();
}

// Rows x [M, D] in units of their size, times the weight; and the way back.
class NormedRows {
 public:
  NormedRows(const at::Tensor& x, const at::Tensor& weight, double epsilon, bool keeps_unit)
      : weight_(weight) {
    if (fused(x)) {
      auto rows = decoder::rows::add_norm(x, {}, weight, epsilon, at::kFloat, keeps_unit, /*in_place=*/false);
      unit_ = rows.unit;
      inverse_ = rows.inverse;
      values_ = rows.normed;
    } else {
      inverse_ = inverse_norm(x, epsilon);
      unit_ = x * inverse_;
      values_ = unit_ * weight;
    }
  }
  const at::Tensor& values() const { return values_; }
  // grad [M, D]: of the values -> of the weight [D].
  at::Tensor grad_weight(const at::Tensor& grad) const { return (grad * unit_).sum(0); }
  // beside [M, D] is added -> of x.
  at::Tensor grad_rows(const at::Tensor& grad, const at::Tensor& beside) const {
    if (fused(grad)) {
      return std::get<0>(decoder::rows::add_norm_backward(beside, grad, unit_, inverse_, weight_));
    }
    const at::Tensor unit = grad * weight_;
    return beside + inverse_ * (unit - unit_ * (unit * unit_).mean(-1, true));
  }

 private:
  at::Tensor weight_, unit_, inverse_, values_;
};

// Letters: I what the inner part takes, O what it gives; M = B T.
struct Block : Function<Block> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& norm,
                            const at::Tensor& in, const at::Tensor& out,
                            const std::shared_ptr<const Inner>& inner, double epsilon, bool half) {
    const NormedRows rows(flat(x), norm, epsilon, /*keeps_unit=*/false);
    const at::Tensor wide = product(rows.values(), in, half).view({x.size(0), x.size(1), -1});
    context->save_for_backward({x, norm, in, out, wide});
    context->saved_data["inner"] = c10::IValue::make_capsule(c10::make_intrusive<InnerCapsule>(inner));
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["half"] = half;
    return product(flat(inner->forward(wide)), out, half).view(x.sizes()).add_(x);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &norm = saved[1], &in = saved[2], &out = saved[3];
    const bool half = context->saved_data["half"].toBool();
    const auto& capsule = static_cast<const InnerCapsule&>(*context->saved_data["inner"].toCapsule());
    const at::Tensor grad = flat(grads[0]).contiguous();

    const at::Tensor given = product(grad, out.t(), half);  // [M, O]
    auto [result, grad_wide] = capsule.inner->backward(saved[4], given.view({x.size(0), x.size(1), -1}));
    const at::Tensor grad_out = product(grad.t(), flat(result).t(), half);  // [D, O]
    result.reset();
    const NormedRows rows(flat(x), norm, context->saved_data["epsilon"].toDouble(), /*keeps_unit=*/true);
    const at::Tensor wide = flat(grad_wide);
    const at::Tensor grad_in = product(wide.t(), rows.values().t(), half);  // [I, D]
    const at::Tensor grad_normed = product(wide, in.t(), half);
    return {rows.grad_rows(grad_normed, grad).view(x.sizes()),
            rows.grad_weight(grad_normed),
            grad_in,
            grad_out,
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
  }
};

}  // namespace

std::shared_ptr<const Inner> retention_inner(const Config& config, std::shared_ptr<const Places> places) {
  return std::make_shared<RetentionInner>(config, std::move(places));
}

std::shared_ptr<const Inner> gated_inner(const Config& config) {
  return std::make_shared<GatedInner>(config);
}

at::Tensor gated(const Config& config, const at::Tensor& wide) {
  const std::int64_t width = config.feed_forward;
  const at::Tensor first = wide.narrow(-1, 0, width);
  const at::Tensor open = config.activation == Activation::kSwish ? at::silu(first) : at::gelu(first);
  return open * wide.narrow(-1, width, width);
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
  return x * inverse_norm(x, epsilon) * weight;
}

at::Tensor times(const at::Tensor& a, const at::Tensor& b, bool half) {
  if (!half) return at::linear(a, b);
  return at::linear(a.to(at::kBFloat16), b.to(at::kBFloat16)).to(a.scalar_type());
}

at::Tensor block(const at::Tensor& x, const BlockWeights& weights, const std::shared_ptr<const Inner>& inner,
                 const Config& config) {
  const std::int64_t tokens = x.numel() / x.size(-1);
  const at::ScalarType factors = config.half ? at::kBFloat16 : x.scalar_type();
  const double matrices =
      2.0 * static_cast<double>(tokens) * static_cast<double>(weights.in.numel() + weights.out.numel());
  torch::count_work(factors, matrices);
  torch::count_work(x.scalar_type(), inner->flops(tokens));
  torch::count_backward(factors, 2.0 * matrices);
  torch::count_backward(x.scalar_type(), 3.0 * inner->flops(tokens));
  return Block::apply(x, weights.norm, weights.in, weights.out, inner, config.epsilon, config.half);
}

}  // namespace gistmill::retnet
