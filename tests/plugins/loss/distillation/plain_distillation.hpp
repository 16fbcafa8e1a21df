// The loss as its definition says, from all logits in f64: what the fast one is compared with.
#pragma once

#include <ATen/ATen.h>

#include "plugins/loss/common/row_losses.hpp"

namespace gistmill::loss::test {

// of p and q over K tokens and, where there are other tokens, their bucket
inline at::Tensor plain_divergence(const at::Tensor& log_probability, const at::Tensor& ids,
                                   const at::Tensor& topk_log_probability, Direction direction) {
  const at::Tensor p = log_probability.exp();
  const at::Tensor q_top = topk_log_probability.to(at::kDouble).exp();
  std::vector<at::Tensor> p_all = {p.gather(1, ids)};
  std::vector<at::Tensor> q_all = {q_top};
  if (ids.size(1) < p.size(1)) {
    const at::Tensor other = at::ones_like(p).scatter(1, ids, 0);
    p_all.push_back((p * other).sum(1, true));
    q_all.push_back(1 - q_top.sum(1, true));
  }
  const at::Tensor ps = at::cat(p_all, 1);
  const at::Tensor qs = at::cat(q_all, 1);
  return direction == Direction::forward ? (qs * (qs.log() - ps.log())).sum(1)
                                         : (ps * (ps.log() - qs.log())).sum(1);
}

struct Plain {
  at::Tensor loss;  // [], differentiable
  at::Tensor nll;   // f64 [M]
  at::Tensor kl;
};
inline Plain plain_distillation(const at::Tensor& hidden, const at::Tensor& head, const RowProblem& problem,
                                const Mix& mix) {
  const at::Tensor logits = at::mm(hidden.to(at::kDouble), head.to(at::kDouble).t());
  Plain plain;
  plain.nll = -at::log_softmax(logits, 1).gather(1, problem.targets.unsqueeze(1)).squeeze(1);
  plain.kl = plain_divergence(at::log_softmax(logits / mix.temperature, 1), problem.topk_ids,
                              problem.topk_log_probability, mix.direction);
  const double share = (1 - mix.alpha) * mix.temperature * mix.temperature;
  plain.loss = (problem.weights * (mix.alpha * plain.nll + share * plain.kl)).sum();
  return plain;
}

// The K most probable tokens of a teacher with these logits [M, V], at the temperature.
inline void set_teacher(RowProblem& problem, const at::Tensor& logits, std::int64_t count,
                        double temperature) {
  const auto [values, ids] = at::log_softmax(logits.to(at::kDouble) / temperature, 1).topk(count, 1);
  problem.topk_ids = ids;
  problem.topk_log_probability = values;
}

}  // namespace gistmill::loss::test
