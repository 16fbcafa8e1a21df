// The losses; see substitution.hpp. M = K * H rows, h a hidden row, z = h W^T its logits, t the temperature.
//
// With p and q the softmax of z / t after the replacement and before, and E_p, E_q the rows of W averaged
// under them (head_pass.hpp),
//   d NLL / dh = E_p - W[target]        (t = 1)
//   KL(q || p) = log sum exp(z_p / t) - E_q . h_p / t - entropy(q)        since sum q z_p = h_p . sum q W
//   d KL / dh = (E_p - E_q) / t
// so all that a KL needs of the uncompressed pass is D + 1 numbers a row, and its cost is that of an NLL.
#include "plugins/loss/substitution/substitution.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>

#include "plugins/loss/common/known_gradient.hpp"
#include "plugins/loss/common/vocabulary.hpp"
#include "plugins/loss/substitution/head_pass.hpp"

namespace gistmill::substitution {
namespace {

// Targets as rows: what every loss starts from.
struct Rows {
  at::Tensor head;    // [V, D]
  at::Tensor ids;     // i64 [M], 0 where masked
  at::Tensor exists;  // bool [K, H]
  at::Tensor weight;  // [K, H] in the dtype of the results, sum 1; 0 where masked
};

at::ScalarType exact_type(const at::Tensor& head) {
  return head.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

// mask [K, H] with the edge's targets counted `edge.weight` times.
at::Tensor weighted(const at::Tensor& mask, const Edge& edge) {
  const std::int64_t count = std::min(edge.targets, mask.size(1));
  if (edge.weight == 1 || count == 0) return mask;
  at::Tensor weight = mask.clone();
  weight.narrow(1, 0, count).mul_(edge.weight);
  return weight;
}

Rows rows_of(const Targets& targets) {
  Rows rows;
  // Targets and mask come in main memory, where looking at them waits for no device.
  const auto here = [&](const at::Tensor& tensor) { return tensor.to(targets.head.device(), true); };
  rows.head = targets.head;
  // Masked targets may be anything; token 0 stands for them, and their rows count nothing below.
  const at::Tensor ids = at::where(targets.mask > 0, targets.ids.to(at::kLong), 0).flatten();
  loss::check_vocabulary(ids, targets.head.size(0), "target", "targets",
                         "was the text prepared with this model's tokenizer?");
  rows.ids = here(ids);
  const at::Tensor mask = here(targets.mask).to(exact_type(targets.head));
  rows.exists = mask > 0;
  const at::Tensor weight = weighted(mask, targets.edge);
  rows.weight = weight / weight.sum().clamp_min(std::numeric_limits<float>::min());
  return rows;
}

at::Tensor flat(const at::Tensor& hidden, const at::Tensor& head) {
  return hidden.detach().flatten(0, 1).to(head.scalar_type());
}

HeadPass pass_of(const at::Tensor& hidden, const Rows& rows, double temperature, MeanRow mean_row) {
  return head_pass(flat(hidden, rows.head), rows.head, rows.ids, temperature, mean_row);
}

// values [M] as a figure of every target, [K, H].
at::Tensor figure(const at::Tensor& values, const Rows& rows) {
  return at::where(rows.exists, values.view_as(rows.exists), 0).to(rows.weight.scalar_type());
}

// f64 [M]: cross-entropy of the rows' own distribution, of which log_sum is, under the one that mean_row [M,
// D] was taken under; the entropy where they are the same.
at::Tensor cross_entropy(const at::Tensor& log_sum, const at::Tensor& mean_row, const at::Tensor& hidden,
                         const Rows& rows, double temperature) {
  const at::Tensor mean_logit = (mean_row.to(at::kDouble) * flat(hidden, rows.head).to(at::kDouble)).sum(1);
  return log_sum - mean_logit / temperature;
}

bool wants_gradient(const at::Tensor& hidden) { return at::GradMode::is_enabled() && hidden.requires_grad(); }

// The loss with row_gradient [M, D], the gradient of each row's figure.
at::Tensor with_gradient(const at::Tensor& loss, const at::Tensor& hidden, const at::Tensor& row_gradient,
                         const Rows& rows) {
  at::Tensor gradient;
  {
    const at::NoGradGuard no_grad;
    const at::Tensor weighted = row_gradient.view_as(hidden) * rows.weight.unsqueeze(2);
    gradient = at::where(rows.exists.unsqueeze(2), weighted, 0).to(hidden.scalar_type());
  }
  return loss::with_known_gradients(loss, {hidden, gradient});
}

}  // namespace

at::Tensor negative_log_likelihood(const at::Tensor& hidden, const Targets& targets) {
  const at::NoGradGuard no_grad;
  const Rows rows = rows_of(targets);
  return figure(pass_of(hidden, rows, 1, MeanRow::skip).nll, rows);
}

Original original(const at::Tensor& hidden, const Targets& targets, double temperature) {
  const at::NoGradGuard no_grad;
  const Rows rows = rows_of(targets);
  const HeadPass pass = pass_of(hidden, rows, temperature, MeanRow::compute);
  const at::Tensor entropy = cross_entropy(pass.log_sum, pass.mean_row, hidden, rows, temperature);
  const at::Tensor mean_row = at::where(rows.exists.unsqueeze(2), pass.mean_row.view_as(hidden), 0);
  return {figure(pass.nll, rows), figure(entropy, rows), mean_row};
}

DeltaNll delta_nll(const at::Tensor& hidden, const at::Tensor& nll_original, const Targets& targets) {
  const bool gradient = wants_gradient(hidden);
  DeltaNll values;
  Rows rows;
  at::Tensor row_gradient;
  {
    const at::NoGradGuard no_grad;
    rows = rows_of(targets);
    const HeadPass pass = pass_of(hidden, rows, 1, gradient ? MeanRow::compute : MeanRow::skip);
    values.nll = figure(pass.nll, rows);
    const at::Tensor minimized = nll_original.defined() ? values.nll - nll_original : values.nll;
    values.loss = (rows.weight * minimized).sum();
    if (gradient) row_gradient = pass.mean_row - rows.head.index_select(0, rows.ids);
  }
  if (gradient) values.loss = with_gradient(values.loss, hidden, row_gradient, rows);
  return values;
}

Divergence divergence(const at::Tensor& hidden, const Original& original, const Targets& targets,
                      double temperature) {
  const bool gradient = wants_gradient(hidden);
  Divergence values;
  Rows rows;
  at::Tensor row_gradient;
  {
    const at::NoGradGuard no_grad;
    rows = rows_of(targets);
    const HeadPass pass = pass_of(hidden, rows, temperature, gradient ? MeanRow::compute : MeanRow::skip);
    const at::Tensor mean_row = original.mean_row.flatten(0, 1);
    values.nll = figure(pass.nll, rows);
    values.kl =
        figure(cross_entropy(pass.log_sum, mean_row, hidden, rows, temperature), rows) - original.entropy;
    values.loss = (rows.weight * values.kl).sum();
    if (gradient) row_gradient = (pass.mean_row - mean_row) / temperature;
  }
  if (gradient) values.loss = with_gradient(values.loss, hidden, row_gradient, rows);
  return values;
}

}  // namespace gistmill::substitution
