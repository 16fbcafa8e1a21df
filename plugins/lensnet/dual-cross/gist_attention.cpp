#include "plugins/lensnet/dual-cross/gist_attention.hpp"

namespace gistmill::lensnet {

// With g gists, c entries, and for each head
//   q = g Wq^T + bq      F = q Wk / sqrt(w)      A = softmax over n (F c^T)
//   m = A c              o = m Wv^T + bv         update = o Wo^T + bo
// m goes through Wv behind the sum, as A sums to 1 and the maps are linear.
GistAttention::GistAttention(const Maps& maps, std::int64_t heads, const at::Tensor& gists,
                             const at::Tensor& entries)
    : maps_(maps), heads_(heads), gists_(gists), entries_(entries) {
  const std::int64_t width = gists.size(1);
  const double scale = scale_of(width, heads);
  query_ = heads_of(at::addmm(maps.query_bias, gists, maps.query.t()), heads);         // [h, G, w]
  folded_ = at::bmm(query_, rows_by_head(maps.key, heads)).mul_(scale).flatten(0, 1);  // [h G, W]
  weights_ = at::softmax(at::mm(folded_, entries.t()), 1);                             // [h G, N]
  mixed_ = at::mm(weights_, entries);                                                  // [h G, W]
  const at::Tensor values =
      at::bmm(mixed_.view({heads, -1, width}), rows_by_head(maps.value, heads).transpose(1, 2));  // [h, G, w]
  values_ = joined(values).add_(maps.value_bias);                                                 // [G, W]
  update_ = at::addmm(maps.output_bias, values_, maps.output.t());
}

//   do = du Wo           dm = do Wv              dA = dm c^T
//   dS = A (dA - sum over n A dA) = A (dA - dm . m)
//   dc = A^T dm + dS^T F           dF = dS c
//   dq = dF Wk^T / sqrt(w)         dg = dq Wq
//   dWo = du^T o    dWv = do^T m    dWk = q^T dF / sqrt(w)    dWq = dq^T g
at::Tensor GistAttention::backward(const at::Tensor& grad, Maps& maps, at::Tensor& grad_entries) const {
  const std::int64_t width = gists_.size(1);
  const double scale = scale_of(width, heads_);
  maps.output.addmm_(grad.t(), values_);
  maps.output_bias.add_(grad.sum(0));
  const at::Tensor grad_heard = at::mm(grad, maps_.output);  // [G, W]
  maps.value_bias.add_(grad_heard.sum(0));
  const at::Tensor by_head = heads_of(grad_heard, heads_);  // [h, G, w]
  rows_by_head(maps.value, heads_).baddbmm_(by_head.transpose(1, 2), mixed_.view({heads_, -1, width}));
  const at::Tensor grad_mixed =
      at::bmm(by_head, rows_by_head(maps_.value, heads_)).flatten(0, 1);  // [h G, W]
  at::Tensor grad_scores = at::mm(grad_mixed, entries_.t());              // [h G, N], dA
  grad_scores.sub_((grad_mixed * mixed_).sum(1, true)).mul_(weights_);
  grad_entries.addmm_(weights_.t(), grad_mixed).addmm_(grad_scores.t(), folded_);
  const at::Tensor grad_folded = at::mm(grad_scores, entries_).mul_(scale).view({heads_, -1, width});
  rows_by_head(maps.key, heads_).baddbmm_(query_.transpose(1, 2), grad_folded);
  const at::Tensor grad_query =
      joined(at::bmm(grad_folded, rows_by_head(maps_.key, heads_).transpose(1, 2)));  // [G, W]
  maps.query.addmm_(grad_query.t(), gists_);
  maps.query_bias.add_(grad_query.sum(0));
  return at::mm(grad_query, maps_.query);
}

}  // namespace gistmill::lensnet
