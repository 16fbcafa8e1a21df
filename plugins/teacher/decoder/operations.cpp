#include "plugins/teacher/decoder/operations.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <gistmill/products.hpp>

#include "plugins/teacher/decoder/plan_capsule.hpp"
#include "plugins/teacher/decoder/portable.hpp"
#include "plugins/teacher/decoder/rows.hpp"

namespace gistmill::decoder {
namespace {

using ::torch::autograd::AutogradContext;
using ::torch::autograd::Function;
using ::torch::autograd::variable_list;

// An incoming gradient, contiguous, or undefined where nothing flows.
at::Tensor dense(const at::Tensor& grad) { return grad.defined() ? grad.contiguous() : grad; }

// An argument that may be left out: autograd takes an empty optional, but no undefined tensor.
std::optional<at::Tensor> optional(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt;
}

// Backward: rows.cpp; of the weight f32[D], the sum over rows of grad_normed * unit.
struct AddNorm : Function<AddNorm> {
  static variable_list forward(AutogradContext* context, const at::Tensor& residual,
                               const std::optional<at::Tensor>& given, const at::Tensor& weight,
                               double epsilon, at::ScalarType dtype, bool in_place) {
    const at::Tensor delta = given.value_or(at::Tensor());
    const rows::Normed result =
        rows::add_norm(residual, delta, weight, epsilon, dtype, /*with_unit=*/true, in_place);
    if (in_place) context->mark_dirty({residual});
    context->save_for_backward({result.unit, result.inverse, weight});
    context->saved_data["delta"] = delta.defined();
    context->saved_data["dtype"] = dtype;
    context->set_materialize_grads(false);
    return {result.sum, result.normed};
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor grad_sum = dense(grads[0]);
    const bool has_delta = context->saved_data["delta"].toBool();
    at::Tensor grad = grad_sum;
    at::Tensor grad_delta;
    if (grads[1].defined()) {
      std::tie(grad, grad_delta) =
          rows::add_norm_backward(grad_sum, dense(grads[1]), saved[0], saved[1], saved[2]);
    } else if (has_delta && grad_sum.defined()) {
      grad_delta = grad_sum.to(context->saved_data["dtype"].toScalarType());
    }
    at::Tensor grad_weight;
    if (grads[1].defined() && context->needs_input_grad(has_delta ? 2 : 1)) {
      grad_weight = (grads[1].to(at::kFloat) * saved[0].to(at::kFloat)).sum(0);
    }
    return {grad,        has_delta ? grad_delta : at::Tensor(), grad_weight, at::Tensor(), at::Tensor(),
            at::Tensor()};
  }
};

// Backward: the gradient [n, (A + 2 J) E] turned by minus the angles.
struct Rotate : Function<Rotate> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv, const at::Tensor& cosine,
                            const at::Tensor& sine, const at::Tensor& positions, std::int64_t heads) {
    context->save_for_backward({cosine, sine, positions});
    context->saved_data["heads"] = heads;
    context->mark_dirty({qkv});
    rows::rotate_(qkv, cosine, sine, positions, heads, 1.0f);
    return qkv;
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor grad = grads[0].clone(at::MemoryFormat::Contiguous);
    rows::rotate_(grad, saved[0], saved[1], saved[2], context->saved_data["heads"].toInt(), -1.0f);
    return {grad, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

// Backward: attention/attention_backward.cpp; of qkv alone.
struct Attend : Function<Attend> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv,
                            const std::optional<at::Tensor>& given, const AttentionPlan& plan) {
    const at::Tensor prefix = given.value_or(at::Tensor());
    auto [out, log_sum] = attention(qkv, prefix, plan);
    context->save_for_backward({qkv, prefix, out, log_sum});
    keep_plan(*context, plan);
    return out;
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const AttentionPlan& plan = kept_plan(*context);
    return {attention_backward(dense(grads[0]), saved[0], saved[1], plan, saved[2], saved[3]), at::Tensor(),
            at::Tensor()};
  }
};

// Backward: rows.cpp.
struct SwiGlu : Function<SwiGlu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_up) {
    context->save_for_backward({gate_up});
    return rows::swiglu(gate_up);
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    return {rows::swiglu_backward(dense(grads[0]), context->get_saved_variables()[0])};
  }
};

// How many keys the rows of a plan see, of the prefix and of their own.
struct SeenKeys {
  double prefix = 0;
  double own = 0;
};

SeenKeys seen_keys(const AttentionPlan& plan) {
  SeenKeys seen;
  for (const Segment& segment : plan.segments) {
    const auto rows = static_cast<double>(segment.rows);
    const std::int64_t most = plan.window > 0 ? plan.window + segment.rows : segment.prefix_keys();
    seen.prefix += rows * static_cast<double>(std::min(segment.prefix_keys(), most));
    seen.own += rows * (rows + 1) / 2;
    if (plan.first_keys.empty()) continue;
    for (std::int64_t row = segment.row; row < segment.row + segment.rows; ++row) {
      const std::int64_t hidden = plan.first_keys[static_cast<std::size_t>(row)];
      const std::int64_t of_prefix = std::min(hidden, segment.prefix_keys());
      seen.prefix -= static_cast<double>(of_prefix);
      seen.own -= static_cast<double>(hidden - of_prefix);
    }
  }
  return seen;
}

// Scores and mixing are two products per pair of row and key. Backward has two for the prefix, which has no
// gradient, and four for the rows' own keys; scores that it computes again are not counted.
void count_attention(const at::Tensor& qkv, const AttentionPlan& plan) {
  const auto [prefix, own] = seen_keys(plan);
  const double pair = 2.0 * static_cast<double>(plan.shape.heads * plan.shape.head_size);
  torch::count_work(qkv.scalar_type(), 2 * pair * (prefix + own));
  if (qkv.requires_grad()) torch::count_backward(qkv.scalar_type(), pair * (2 * prefix + 4 * own));
}

}  // namespace

std::pair<at::Tensor, at::Tensor> add_norm(const at::Tensor& residual, const at::Tensor& delta,
                                           const at::Tensor& weight, double epsilon, at::ScalarType dtype,
                                           bool in_place) {
  if (!residual.is_cpu()) return portable::add_norm(residual, delta, weight, epsilon, dtype);
  const bool differentiated =
      residual.requires_grad() || weight.requires_grad() || (delta.defined() && delta.requires_grad());
  if (!c10::GradMode::is_enabled() || !differentiated) {
    const rows::Normed plain =
        rows::add_norm(residual, delta, weight, epsilon, dtype, /*with_unit=*/false, in_place);
    return {plain.sum, plain.normed};
  }
  const variable_list result = AddNorm::apply(residual, optional(delta), weight, epsilon, dtype, in_place);
  return {result[0], result[1]};
}

at::Tensor rotate(const at::Tensor& qkv, const Rotation& rotation, const at::Tensor& positions,
                  const AttentionShape& shape) {
  if (!qkv.is_cpu()) return portable::rotate(qkv, rotation, positions, shape);
  return Rotate::apply(qkv, rotation.cosine, rotation.sine, positions, shape.heads + shape.kv_heads);
}

at::Tensor normalize_heads(const at::Tensor& qkv, const HeadNorms& norms, const AttentionShape& shape) {
  const std::int64_t size = shape.head_size;
  const auto normalized = [&](std::int64_t first, std::int64_t heads, const at::Tensor& weight) {
    const at::Tensor values =
        qkv.narrow(1, first * size, heads * size).to(at::kFloat).view({qkv.size(0), heads, size});
    const at::Tensor inverse = (values.square().mean(-1, true) + norms.epsilon).rsqrt();
    return (values * inverse * weight).flatten(1).to(qkv.scalar_type());
  };
  const std::int64_t rest = shape.heads + shape.kv_heads;
  return at::cat({normalized(0, shape.heads, norms.query), normalized(shape.heads, shape.kv_heads, norms.key),
                  qkv.narrow(1, rest * size, shape.kv_heads * size)},
                 1);
}

at::Tensor attend_masked(const at::Tensor& queries, const at::Tensor& keys_values, const at::Tensor& allowed,
                         const AttentionShape& shape) {
  const std::int64_t batch = queries.size(0);
  const std::int64_t keys = shape.kv_heads * shape.head_size;
  const auto heads = [&](const at::Tensor& rows, std::int64_t count) {
    return rows.reshape({batch, rows.size(1), count, shape.head_size}).transpose(1, 2);
  };
  const double pair = 2.0 * static_cast<double>(queries.numel() * keys_values.size(1));
  torch::count_work(queries.scalar_type(), 2 * pair);
  if (queries.requires_grad()) torch::count_backward(queries.scalar_type(), 4 * pair);
  const at::Tensor mixed = at::scaled_dot_product_attention(
      heads(queries, shape.heads), heads(keys_values.narrow(2, 0, keys), shape.kv_heads),
      heads(keys_values.narrow(2, keys, keys), shape.kv_heads),
      allowed.defined() ? std::optional<at::Tensor>(allowed.unsqueeze(1)) : std::nullopt, 0.0, false,
      static_cast<double>(shape.scale), shape.heads != shape.kv_heads);
  return mixed.transpose(1, 2).reshape({batch, queries.size(1), shape.heads * shape.head_size});
}

at::Tensor attend(const at::Tensor& qkv, const at::Tensor& prefix, const AttentionPlan& plan) {
  count_attention(qkv, plan);
  if (!qkv.is_cpu()) return portable::attend(qkv, prefix, plan);
  return Attend::apply(qkv, optional(prefix), plan);
}

at::Tensor swiglu(const at::Tensor& gate_up) {
  return gate_up.is_cpu() ? SwiGlu::apply(gate_up) : portable::swiglu(gate_up);
}

at::Tensor geglu(const at::Tensor& gate_up) {
  const std::int64_t width = gate_up.size(1) / 2;
  const at::Tensor gate = gate_up.narrow(1, 0, width).to(at::kFloat);
  return (at::gelu(gate, "tanh") * gate_up.narrow(1, width, width).to(at::kFloat)).to(gate_up.scalar_type());
}

}  // namespace gistmill::decoder
