#include "plugins/loss/common/buckets.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "gistmill/plugin/values.hpp"

namespace gistmill::loss {
namespace {

constexpr double kLeastToken = -103.0;  // about the logarithm of the least number of f32

// Rounding makes sums above 1, and a cache of one byte a probability more so.
constexpr double kMostSum = 1.25;

void check_sum(const at::Tensor& sum) {
  if (!sum.is_cpu() || sum.numel() == 0) return;
  const double most = sum.max().item<double>();
  if (most <= kMostSum) return;
  throw Error(
      GM_ERROR_USER,
      "the probabilities of a row sum to " + std::to_string(most) +
          " when they should sum to at most 1; the port takes logarithms of probabilities, not logits",
      "topk_log_probability");
}

// 0 where p is 0: what does not happen costs nothing.
at::Tensor expectation(const at::Tensor& p, const at::Tensor& log_ratio) {
  return at::where(p > 0, p * log_ratio, 0);
}

}  // namespace

at::Tensor teacher_buckets(const at::Tensor& topk_log_probability, bool whole_vocabulary,
                           Direction direction) {
  const at::Tensor log_q = topk_log_probability.to(at::kDouble);
  const at::Tensor log_sum = log_q.logsumexp(1, /*keepdim=*/true);
  check_sum(log_sum.exp());
  const at::Tensor rest = 1 - log_sum.exp();
  const at::Tensor full = whole_vocabulary ? at::ones_like(rest, at::kBool) : rest <= 0;
  at::Tensor tokens = at::where(full, log_q - log_sum, log_q);
  at::Tensor bucket = at::where(full, -INFINITY, rest.log());
  if (direction == Direction::reverse) {
    tokens = tokens.clamp_min(kLeastToken);
    const double least = topk_log_probability.scalar_type() == at::kDouble ? 0x1p-53 : 0x1p-24;
    if (!whole_vocabulary) bucket = bucket.clamp_min(std::log(least));
  }
  return at::cat({tokens, bucket}, 1);
}

Divergence divergence(const at::Tensor& log_teacher, const at::Tensor& log_student, Direction direction) {
  const at::Tensor p = log_student.exp();
  if (direction == Direction::forward) {
    const at::Tensor q = log_teacher.exp();
    return {expectation(q, log_teacher - log_student).sum(1), p - q};
  }
  const at::Tensor log_ratio = log_student - log_teacher;
  const at::Tensor kl = expectation(p, log_ratio).sum(1);
  return {kl, expectation(p, log_ratio - kl.unsqueeze(1))};
}

}  // namespace gistmill::loss
