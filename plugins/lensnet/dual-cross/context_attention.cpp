#include "plugins/lensnet/dual-cross/context_attention.hpp"

namespace gistmill::lensnet {

// The columns of Wo by head: weight [W, W] -> [h, w, W], a view.
at::Tensor ContextAttention::output_by_head(const at::Tensor& weight) const {
  return weight.view({weight.size(0), heads_, -1}).permute({1, 2, 0});
}

// With g gists, c entries, and for each head
//   k = g Wk^T      F = k Wq / sqrt(w)      b = k . bq / sqrt(w)      B = softmax over g (c F^T + b)
//   v = g Wv^T + bv                         Y = v Wo^T                update = B Y + bo
ContextAttention::ContextAttention(const Maps& maps, std::int64_t heads, const at::Tensor& gists,
                                   const at::Tensor& entries)
    : maps_(maps), heads_(heads), gists_(gists), entries_(entries) {
  const double scale = scale_of(gists.size(1), heads);
  key_ = heads_of(at::mm(gists, maps.key.t()), heads);                                      // [h, G, w]
  folded_ = at::bmm(key_, rows_by_head(maps.query, heads)).mul_(scale).flatten(0, 1);       // [h G, W]
  const at::Tensor bias = at::bmm(key_, maps.query_bias.view({heads, -1, 1})).mul_(scale);  // [h, G, 1]
  value_ = heads_of(at::addmm(maps.value_bias, gists, maps.value.t()), heads);              // [h, G, w]
  outputs_ = at::bmm(value_, output_by_head(maps.output)).flatten(0, 1);                    // [h G, W]
  const at::Tensor scores = at::addmm(bias.flatten(), entries, folded_.t());                // [N, h G]
  weights_ = at::softmax(scores.view({entries.size(0), heads, -1}), 2).flatten(1);
}

at::Tensor ContextAttention::update() const { return at::addmm(maps_.output_bias, weights_, outputs_); }

//   dY = B^T du          dB = du Y^T             dS = B (dB - sum over g B dB)
//   dF = dS^T c          db = sum over n dS      dc = dS F
//   dk = (dF Wq^T + db bq) / sqrt(w)             dv = dY Wo          dg = dk Wk + dv Wv
//   dWq = k^T dF / sqrt(w)    dbq = db k / sqrt(w)    dWk = dk^T g    dWv = dv^T g    dWo = dY^T v
at::Tensor ContextAttention::backward(const at::Tensor& grad, Maps& maps, at::Tensor& grad_entries) const {
  const std::int64_t width = gists_.size(1);
  const std::int64_t rows = entries_.size(0);
  const double scale = scale_of(width, heads_);
  maps.output_bias.add_(grad.sum(0));
  const at::Tensor grad_outputs = at::mm(weights_.t(), grad).view({heads_, -1, width});  // [h, G, W]
  at::Tensor grad_scores = at::mm(grad, outputs_.t()).mul_(weights_);                    // [N, h G], B dB
  const at::Tensor sums = grad_scores.view({rows, heads_, -1}).sum(2, true);             // [N, h, 1]
  grad_scores.view({rows, heads_, -1}).sub_(weights_.view({rows, heads_, -1}) * sums);
  grad_entries.addmm_(grad_scores, folded_);
  const at::Tensor grad_folded =
      at::mm(grad_scores.t(), entries_).mul_(scale).view({heads_, -1, width});        // [h, G, W]
  const at::Tensor grad_bias = grad_scores.sum(0).mul_(scale).view({heads_, 1, -1});  // [h, 1, G]
  output_by_head(maps.output).add_(at::bmm(value_.transpose(1, 2), grad_outputs));
  rows_by_head(maps.query, heads_).baddbmm_(key_.transpose(1, 2), grad_folded);
  maps.query_bias.add_(at::bmm(grad_bias, key_).flatten());
  at::Tensor grad_key = at::bmm(grad_folded, rows_by_head(maps_.query, heads_).transpose(1, 2));  // [h, G, w]
  grad_key.baddbmm_(grad_bias.transpose(1, 2), maps_.query_bias.view({heads_, 1, -1}));
  const at::Tensor key_rows = joined(grad_key);  // [G, W]
  const at::Tensor value_rows =
      joined(at::bmm(grad_outputs, output_by_head(maps_.output).transpose(1, 2)));  // [G, W]
  maps.key.addmm_(key_rows.t(), gists_);
  maps.value.addmm_(value_rows.t(), gists_);
  maps.value_bias.add_(value_rows.sum(0));
  return at::mm(key_rows, maps_.key).addmm_(value_rows, maps_.value);
}

}  // namespace gistmill::lensnet
