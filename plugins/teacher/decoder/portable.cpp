#include "plugins/teacher/decoder/portable.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <gistmill/products.hpp>
#include <limits>
#include <vector>

#include "plugins/teacher/decoder/plan_capsule.hpp"

namespace gistmill::decoder::portable {
namespace {

using ::torch::autograd::AutogradContext;
using ::torch::autograd::Function;
using ::torch::autograd::variable_list;

constexpr std::int64_t kKeyBlock = 1024;  // scores f32[A, rows, kKeyBlock] exist at a time
// In place of minus infinity, whose differences are not numbers: a row's first real score wipes it out.
constexpr double kHiddenScore = -1e30;

// a [b, m, k], b [b, k, n] -> f32[b, m, n], summed in f32.
at::Tensor product(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() == at::kFloat) return at::bmm(a, b);
  if (a.is_cuda()) return at::bmm(a, b, at::kFloat);
  return at::bmm(a.to(at::kFloat), b.to(at::kFloat));
}

// Consecutive segments of as many rows each, so that their own keys make one batched product.
struct Group {
  std::int64_t first;     // segment
  std::int64_t segments;  // how many
  std::int64_t row;
  std::int64_t rows;  // of each
};

std::vector<Group> groups_of(const AttentionPlan& plan) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < plan.segments.size(); ++i) {
    const Segment& segment = plan.segments[i];
    if (segment.rows == 0) continue;
    if (!groups.empty()) {
      Group& last = groups.back();
      if (last.rows == segment.rows && last.row + last.segments * last.rows == segment.row) {
        ++last.segments;
        continue;
      }
    }
    groups.push_back({static_cast<std::int64_t>(i), 1, segment.row, segment.rows});
  }
  return groups;
}

// One group's attention. J key heads, g query heads a key head, E elements, n = segments * rows.
class GroupAttention {
 public:
  // qkv compute[n, (A + 2 J) E] of the group's rows alone.
  GroupAttention(const at::Tensor& qkv, const at::Tensor& prefix, const AttentionPlan& plan,
                 const Group& group)
      : shape_(plan.shape), group_(group), count_(group.segments * group.rows) {
    const std::int64_t queries = shape_.heads * shape_.head_size;
    const std::int64_t keys = shape_.kv_heads * shape_.head_size;
    queries_ = by_head(qkv.narrow(1, 0, queries));
    keys_ = by_segment(qkv.narrow(1, queries, keys));
    values_ = by_segment(qkv.narrow(1, queries + keys, keys));
    std::vector<std::int64_t> seen;
    for (std::int64_t i = 0; i < group.segments; ++i) {
      seen.push_back(plan.segments[static_cast<std::size_t>(group.first + i)].prefix);
      for (std::int64_t row = 0; row < group.rows; ++row) row_prefix_.push_back(seen.back());
    }
    most_ = *std::max_element(seen.begin(), seen.end());
    if (most_ > 0) {
      prefix_keys_ = prefix_by_head(prefix.narrow(1, 0, keys));
      prefix_values_ = prefix_by_head(prefix.narrow(1, keys, keys));
      row_prefix_here_ = at::tensor(row_prefix_, at::kLong)
                             .to(qkv.device(), /*non_blocking=*/true)
                             .repeat_interleave(ratio());
    }
    own_hidden_ = at::ones({1, 1, group.rows, group.rows}, qkv.options().dtype(at::kBool)).triu_(1);
    if (plan.window > 0) take_window(plan, qkv.device());
  }

  // -> out compute[n, A E], log_sum f32[J, n g]
  std::pair<at::Tensor, at::Tensor> forward() const {
    const auto options = queries_.options().dtype(at::kFloat);
    at::Tensor top = at::full({shape_.kv_heads, count_ * ratio(), 1}, kHiddenScore, options);
    at::Tensor sum = at::zeros_like(top);
    at::Tensor out = at::zeros({shape_.kv_heads, count_ * ratio(), shape_.head_size}, options);
    const auto add = [](const at::Tensor& scores, const at::Tensor& top_rows, const at::Tensor& sum_rows,
                        const at::Tensor& out_rows, const auto& mix) {
      const at::Tensor now = at::maximum(top_rows, scores.amax(-1, true));
      const at::Tensor weights = (scores - now).exp_();
      const at::Tensor shrink = (top_rows - now).exp_();
      sum_rows.mul_(shrink).add_(weights.sum(-1, true));
      out_rows.mul_(shrink).add_(mix(weights));
      top_rows.copy_(now);
    };
    for (std::int64_t key = 0; key < most_; key += kKeyBlock) {
      const Block block = block_at(key);
      add(prefix_scores(block), block.rows(top), block.rows(sum), block.rows(out), [&](const at::Tensor& w) {
        return product(w.to(queries_.scalar_type()), block.keys(prefix_values_));
      });
    }
    add(own_scores(), own(top), own(sum), own(out), [&](const at::Tensor& w) {
      return product(w.to(queries_.scalar_type()).flatten(0, 1), values_).view_as(own(out));
    });
    return {back(out.div_(sum)), (top + sum.log_()).squeeze(-1)};
  }

  // grad, out compute[n, A E] -> gradient of qkv, compute[n, (A + 2 J) E]
  at::Tensor backward(const at::Tensor& grad, const at::Tensor& out, const at::Tensor& log_sum) const {
    const at::ScalarType dtype = queries_.scalar_type();
    const at::Tensor outer = by_head(grad);
    const at::Tensor dot = (outer.to(at::kFloat) * by_head(out).to(at::kFloat)).sum(-1, true);
    const at::Tensor norm = log_sum.unsqueeze(-1);
    at::Tensor grad_queries = at::zeros(queries_.sizes(), queries_.options().dtype(at::kFloat));
    for (std::int64_t key = 0; key < most_; key += kKeyBlock) {
      const Block block = block_at(key);
      const at::Tensor weights = (prefix_scores(block) - block.rows(norm)).exp_();
      const at::Tensor grad_weights = product(block.rows(outer), block.keys(prefix_values_).transpose(1, 2));
      const at::Tensor grad_scores = weights * (grad_weights - block.rows(dot)) * shape_.scale;
      block.rows(grad_queries).add_(product(grad_scores.to(dtype), block.keys(prefix_keys_)));
    }
    const at::Tensor weights = (own_scores() - own(norm)).exp_().flatten(0, 1);
    const at::Tensor outer_own = own(outer).flatten(0, 1);
    const at::Tensor grad_weights = product(outer_own, values_.transpose(1, 2));
    const at::Tensor grad_scores =
        (weights * (grad_weights - own(dot).flatten(0, 1)) * shape_.scale).to(dtype);
    own(grad_queries).add_(product(grad_scores, keys_).view_as(own(grad_queries)));
    const at::Tensor grad_keys = product(grad_scores.transpose(1, 2), own(queries_).flatten(0, 1));
    const at::Tensor grad_values = product(weights.to(dtype).transpose(1, 2), outer_own);
    return at::cat({back(grad_queries), segments_back(grad_keys), segments_back(grad_values)}, 1);
  }

 private:
  // Keys [key, key + count) of the prefix, and the rows from the first that sees one of them.
  struct Block {
    std::int64_t key;
    std::int64_t count;
    std::int64_t row;  // of [n g]
    at::Tensor rows(const at::Tensor& all) const { return all.slice(1, row); }
    at::Tensor keys(const at::Tensor& all) const { return all.narrow(1, key, count); }
  };

  std::int64_t ratio() const { return shape_.heads / shape_.kv_heads; }

  void take_window(const AttentionPlan& plan, const at::Device& device) {
    const std::int64_t heads = plan.positions_by_head ? shape_.kv_heads : 1;
    const at::Tensor places =
        at::tensor(plan.positions, at::kLong).view({heads, -1}).narrow(1, group_.row, count_);
    const at::Tensor last = places - plan.window;  // up to which position a row sees nothing
    hidden_up_to_ = last.repeat_interleave(ratio(), 1).unsqueeze(2).to(device, /*non_blocking=*/true);
    const auto by_segment = [&](const at::Tensor& rows) {
      return rows.view({heads, group_.segments, group_.rows});
    };
    const at::Tensor before = by_segment(places).unsqueeze(2).le(by_segment(last).unsqueeze(3));
    own_hidden_ = own_hidden_.logical_or(before.to(device, /*non_blocking=*/true));
  }

  Block block_at(std::int64_t key) const {
    std::int64_t row = 0;
    while (row_prefix_[static_cast<std::size_t>(row)] <= key) ++row;
    return {key, std::min(kKeyBlock, most_ - key), row * ratio()};
  }

  at::Tensor prefix_scores(const Block& block) const {
    const at::Tensor scores = product(block.rows(queries_), block.keys(prefix_keys_).transpose(1, 2));
    const at::Tensor keys = at::arange(block.key, block.key + block.count, row_prefix_here_.options());
    at::Tensor hidden = keys.unsqueeze(0).ge(row_prefix_here_.slice(0, block.row).unsqueeze(1));
    if (hidden_up_to_.defined()) hidden = hidden.logical_or(keys.le(hidden_up_to_.slice(1, block.row)));
    return scores.mul_(shape_.scale).masked_fill_(hidden, kHiddenScore);
  }

  // f32[J, segments, rows g, rows]
  at::Tensor own_scores() const {
    const at::Tensor scores = product(own(queries_).flatten(0, 1), keys_.transpose(1, 2)).mul_(shape_.scale);
    return scores.view({shape_.kv_heads, group_.segments, group_.rows, ratio(), group_.rows})
        .masked_fill_(own_hidden_.unsqueeze(3), kHiddenScore)
        .view({shape_.kv_heads, group_.segments, group_.rows * ratio(), group_.rows});
  }

  // compute[n, A E] -> [J, n g, E]
  at::Tensor by_head(const at::Tensor& rows) const {
    return rows.reshape({count_, shape_.kv_heads, ratio(), shape_.head_size})
        .transpose(0, 1)
        .reshape({shape_.kv_heads, count_ * ratio(), shape_.head_size});
  }
  // [J, n g, E] -> compute[n, A E]
  at::Tensor back(const at::Tensor& heads) const {
    return heads.view({shape_.kv_heads, count_, ratio() * shape_.head_size})
        .transpose(0, 1)
        .reshape({count_, shape_.heads * shape_.head_size})
        .to(queries_.scalar_type());
  }
  // [J, n g, X] -> [J, segments, rows g, X]; shares memory
  at::Tensor own(const at::Tensor& rows) const {
    return rows.view({shape_.kv_heads, group_.segments, group_.rows * ratio(), rows.size(2)});
  }
  // compute[n, J E] -> [J segments, rows, E]
  at::Tensor by_segment(const at::Tensor& rows) const {
    return rows.reshape({group_.segments, group_.rows, shape_.kv_heads, shape_.head_size})
        .permute({2, 0, 1, 3})
        .reshape({shape_.kv_heads * group_.segments, group_.rows, shape_.head_size});
  }
  at::Tensor segments_back(const at::Tensor& rows) const {
    return rows.view({shape_.kv_heads, count_, shape_.head_size})
        .transpose(0, 1)
        .reshape({count_, shape_.kv_heads * shape_.head_size})
        .to(queries_.scalar_type());
  }
  // compute[P, J E] -> [J, P, E]
  at::Tensor prefix_by_head(const at::Tensor& rows) const {
    return rows.view({rows.size(0), shape_.kv_heads, shape_.head_size}).transpose(0, 1).contiguous();
  }

  AttentionShape shape_;
  Group group_;
  std::int64_t count_;
  at::Tensor queries_;  // [J, n g, E]
  at::Tensor keys_;     // [J segments, rows, E]
  at::Tensor values_;
  at::Tensor prefix_keys_;  // [J, P, E]
  at::Tensor prefix_values_;
  std::vector<std::int64_t> row_prefix_;  // [n]: how many keys of the prefix each row sees
  at::Tensor row_prefix_here_;            // [n g]
  at::Tensor own_hidden_;                 // bool[J or 1, segments or 1, rows, rows]
  at::Tensor hidden_up_to_;               // i64[J or 1, n g, 1]; undefined: no window
  std::int64_t most_ = 0;
};

struct Attend : Function<Attend> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& qkv,
                            const std::optional<at::Tensor>& given, const AttentionPlan& plan) {
    const at::Tensor prefix = given.value_or(at::Tensor());
    at::Tensor out = at::zeros({qkv.size(0), plan.shape.heads * plan.shape.head_size}, qkv.options());
    variable_list saved = {qkv, prefix, out};
    for (const Group& group : groups_of(plan)) {
      const std::int64_t rows = group.segments * group.rows;
      const GroupAttention attention(qkv.narrow(0, group.row, rows), prefix, plan, group);
      auto [part, log_sum] = attention.forward();
      out.narrow(0, group.row, rows).copy_(part);
      saved.push_back(log_sum);
    }
    context->save_for_backward(saved);
    keep_plan(*context, plan);
    return out;
  }
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const AttentionPlan& plan = kept_plan(*context);
    const at::Tensor grad_qkv = at::zeros_like(saved[0]);
    std::size_t next = 3;
    for (const Group& group : groups_of(plan)) {
      const std::int64_t rows = group.segments * group.rows;
      const auto part = [&](const at::Tensor& all) { return all.narrow(0, group.row, rows); };
      const GroupAttention attention(part(saved[0]), saved[1], plan, group);
      part(grad_qkv).copy_(attention.backward(part(grads[0]), part(saved[2]), saved[next++]));
    }
    return {grad_qkv, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

std::pair<at::Tensor, at::Tensor> add_norm(const at::Tensor& residual, const at::Tensor& delta,
                                           const at::Tensor& weight, double epsilon, at::ScalarType dtype) {
  const at::Tensor sum = delta.defined() ? residual + delta.to(at::kFloat) : residual;
  return {sum, at::rms_norm(sum, {sum.size(1)}, weight, epsilon).to(dtype)};
}

at::Tensor rotate(const at::Tensor& qkv, const Rotation& rotation, const at::Tensor& positions,
                  const AttentionShape& shape) {
  const std::int64_t heads = shape.heads + shape.kv_heads;
  const std::int64_t half = rotation.cosine.size(1);
  const at::Tensor pairs =
      qkv.narrow(1, 0, heads * 2 * half).to(at::kFloat).view({qkv.size(0), heads, half, 2});
  const at::Tensor cosine = rotation.cosine.index_select(0, positions).unsqueeze(1);
  const at::Tensor sine = rotation.sine.index_select(0, positions).unsqueeze(1);
  const at::Tensor first = pairs.select(3, 0);
  const at::Tensor second = pairs.select(3, 1);
  const at::Tensor turned =
      at::stack({first * cosine - second * sine, first * sine + second * cosine}, 3).flatten(1);
  return at::cat(
      {turned.to(qkv.scalar_type()), qkv.narrow(1, heads * 2 * half, qkv.size(1) - heads * 2 * half)}, 1);
}

at::Tensor attend(const at::Tensor& qkv, const at::Tensor& prefix, const AttentionPlan& plan) {
  TORCH_CHECK(plan.first_keys.empty(), "first keys are followed in main memory only");
  return Attend::apply(qkv, prefix.defined() ? std::optional<at::Tensor>(prefix) : std::nullopt, plan);
}

at::Tensor swiglu(const at::Tensor& gate_up) {
  const std::int64_t width = gate_up.size(1) / 2;
  const at::Tensor gate = gate_up.narrow(1, 0, width).to(at::kFloat);
  return (at::silu(gate) * gate_up.narrow(1, width, width).to(at::kFloat)).to(gate_up.scalar_type());
}

at::Tensor add_low_rank(const at::Tensor& base, const at::Tensor& x, const std::vector<Adapter>& adapters,
                        bool gradients) {
  std::vector<at::Tensor> parts;
  std::int64_t row = 0;
  const auto keep_until = [&](std::int64_t end) {
    if (end > row) parts.push_back(base.narrow(1, row, end - row));
    row = end;
  };
  for (const Adapter& adapter : adapters) {
    keep_until(adapter.first);
    const std::int64_t rows = adapter.up.size(0);
    const at::Tensor down = gradients ? adapter.down : adapter.down.detach();
    const at::Tensor up = gradients ? adapter.up : adapter.up.detach();
    const at::Tensor change = torch::counted_linear(torch::counted_linear(x, down), up) * adapter.scale;
    parts.push_back(base.narrow(1, row, rows) + change.to(base.scalar_type()));
    row += rows;
  }
  keep_until(base.size(1));
  return at::cat(parts, 1);
}

}  // namespace gistmill::decoder::portable
