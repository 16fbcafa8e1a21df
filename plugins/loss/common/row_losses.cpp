// For a row with logits z, t the temperature, A = log sum exp(z), and for the divergence R = log sum exp(z /
// t) over all tokens but the teacher's K, which is the student's bucket:
//   d nll / dz_j = exp(z_j - A) - [j is the target]
//   d kl / dz_j = g_j / t for the K tokens, g_tail / t exp(z_j / t - R) for all others
// with g the gradient for the buckets (buckets.hpp). R is summed without the K tokens, not subtracted from a
// sum over all: where these have nearly all of the probability, a difference would be all rounding.
#include "plugins/loss/common/row_losses.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "gistmill/plugin/cancel.hpp"
#include "gistmill/products.hpp"
#include "plugins/loss/common/logit_block.hpp"
#include "plugins/loss/common/logit_product.hpp"

namespace gistmill::loss {
namespace {

// Products of whole multiples of so many rows are a little faster.
constexpr std::int64_t kRowStep = 32;

class Pass {
 public:
  Pass(const RowProblem& problem, const Mix& mix, const Wanted& wanted, std::int64_t block_bytes);
  RowLosses run();

 private:
  // One block: rows begin .. begin + count, in the order of the computation.
  struct Block {
    std::int64_t begin = 0, count = 0;
    at::Tensor logits;   // [count, V]; -infinity at the teacher's tokens, later the gradient
    at::Tensor top;      // f64 [count, K], the student's logits of the teacher's tokens
    at::Tensor log_sum;  // f64 [count], A
    at::Tensor rest;     // f64 [count], R
    at::Tensor buckets;  // f64 [count, K + 1], gradient of kl
  };

  at::Tensor rows(const at::Tensor& of_all, const Block& block) const {
    return of_all.narrow(0, block.begin, block.count);
  }
  bool teacher() const { return problem_.topk_ids.defined(); }
  void find_absent();
  // `values` where the row's divergence counts, else 0.
  at::Tensor where_taught(const at::Tensor& values, const Block& block) const;
  void take(Block& block);
  void measure(Block& block);
  void differentiate(Block& block);
  void give(const Block& block);

  const RowProblem& problem_;
  const Mix& mix_;
  const Wanted& wanted_;
  at::ScalarType exact_;
  std::int64_t block_rows_;
  at::Tensor logits_;     // [block_rows, V]
  at::Tensor rounded_;    // the same in the head's dtype, where that is another
  at::Tensor head_part_;  // [V, D] in the head's dtype, where that is another
  at::Tensor teacher_;    // f64 [M, K + 1]
  at::Tensor ids_;        // topk_ids, with a row's first token, or 0, in place of kNoToken
  at::Tensor repeats_;    // bool [M, K], which of them stand for kNoToken behind the first; undefined: none
  at::Tensor untaught_;   // bool [M], rows without any token; undefined: none
  RowLosses found_;
};

Pass::Pass(const RowProblem& problem, const Mix& mix, const Wanted& wanted, std::int64_t block_bytes)
    : problem_(problem),
      mix_(mix),
      wanted_(wanted),
      exact_(problem.head.scalar_type() == at::kDouble ? at::kDouble : at::kFloat) {
  const std::int64_t count = problem.hidden.size(0);
  const std::int64_t vocabulary = problem.head.size(0);
  const std::int64_t row_bytes = vocabulary * static_cast<std::int64_t>(c10::elementSize(exact_));
  block_rows_ = std::clamp<std::int64_t>(block_bytes / row_bytes, 1, std::max<std::int64_t>(count, 1));
  if (block_rows_ < count && block_rows_ > kRowStep) block_rows_ -= block_rows_ % kRowStep;
  const at::TensorOptions options = problem.head.options();
  logits_ = at::empty({block_rows_, vocabulary}, options.dtype(exact_));
  if (problem.head.scalar_type() != exact_) {
    if (wanted.hidden || wanted.head) rounded_ = at::empty({block_rows_, vocabulary}, options);
    if (wanted.head) head_part_ = at::empty(problem.head.sizes(), options);
  }
  found_.nll = at::empty({count}, options.dtype(at::kDouble));
  if (teacher()) {
    find_absent();
    found_.kl = at::empty_like(found_.nll);
    const bool whole = problem.topk_ids.size(1) == vocabulary && !repeats_.defined();
    teacher_ = teacher_buckets(problem.topk_log_probability, whole, mix.direction);
  }
  if (wanted.hidden) found_.hidden = at::empty(problem.hidden.sizes(), options);
  if (wanted.head) found_.head = at::empty(problem.head.sizes(), options.dtype(exact_));
}

// Repeats of a row's first token have no probability, and where something is written for them it is the
// same as for the first.
void Pass::find_absent() {
  ids_ = problem_.topk_ids;
  const at::Tensor absent = ids_ == kNoToken;
  if (absent.is_cpu() && !absent.any().item<bool>()) return;
  ids_ = at::where(absent, ids_.narrow(1, 0, 1).clamp_min(0), ids_);
  untaught_ = absent.select(1, 0).clone();
  repeats_ = absent;
  repeats_.select(1, 0).fill_(false);
}

at::Tensor Pass::where_taught(const at::Tensor& values, const Block& block) const {
  if (!untaught_.defined()) return values;
  at::Tensor untaught = rows(untaught_, block);
  if (values.dim() == 2) untaught = untaught.unsqueeze(1);
  return values.masked_fill(untaught, 0);
}

void Pass::take(Block& block) {
  block.logits = logits_.narrow(0, 0, block.count);
  logit_product(rows(problem_.hidden, block), problem_.head, block.logits);
}

void Pass::measure(Block& block) {
  const double t = mix_.temperature;
  const at::Tensor targets = rows(problem_.targets, block).unsqueeze(1);
  const at::Tensor chosen = block.logits.gather(1, targets).squeeze(1).to(at::kDouble);
  if (!teacher()) {
    block.log_sum = block_sums(block.logits, 1).one;
    rows(found_.nll, block).copy_(block.log_sum - chosen);
    return;
  }
  const at::Tensor ids = rows(ids_, block);
  block.top = block.logits.gather(1, ids).to(at::kDouble);
  if (repeats_.defined()) block.top.masked_fill_(rows(repeats_, block), -INFINITY);
  block.logits.scatter_(1, ids, -INFINITY);
  const BlockSums sums = block_sums(block.logits, t);
  block.log_sum = at::logaddexp(block.top.logsumexp(1), sums.one);
  rows(found_.nll, block).copy_(block.log_sum - chosen);

  block.rest = sums.at_temperature;
  const at::Tensor scaled = at::cat({block.top / t, block.rest.unsqueeze(1)}, 1);
  const at::Tensor log_student = scaled - scaled.logsumexp(1, /*keepdim=*/true);
  const Divergence divergence = loss::divergence(rows(teacher_, block), log_student, mix_.direction);
  rows(found_.kl, block).copy_(where_taught(divergence.kl, block));
  block.buckets = where_taught(divergence.gradient, block);
}

// The logits become the gradient of the weighed losses.
void Pass::differentiate(Block& block) {
  const at::Tensor nll_weight = rows(problem_.weights, block) * mix_.alpha;
  BlockTerm nll;
  if (mix_.alpha > 0) nll = {nll_weight, block.log_sum, 1};
  if (!teacher()) {
    block_gradient(block.logits, nll, {});
  } else {
    const double t = mix_.temperature;
    const at::Tensor kl_weight = (rows(problem_.weights, block) * ((1 - mix_.alpha) * t)).unsqueeze(1);
    const std::int64_t count = block.top.size(1);
    const at::Tensor buckets = kl_weight * block.buckets;
    BlockTerm kl;
    if (mix_.alpha < 1) kl = {buckets.select(1, count).contiguous(), block.rest, t};
    block_gradient(block.logits, nll, kl);
    const at::Tensor probability = (block.top - block.log_sum.unsqueeze(1)).exp();
    at::Tensor top = nll_weight.unsqueeze(1) * probability + buckets.narrow(1, 0, count);
    if (repeats_.defined()) top = at::where(rows(repeats_, block), top.narrow(1, 0, 1), top);
    block.logits.scatter_(1, rows(ids_, block), top.to(exact_));
  }
  block.logits.scatter_add_(1, rows(problem_.targets, block).unsqueeze(1),
                            nll_weight.neg().to(exact_).unsqueeze(1));
}

void Pass::give(const Block& block) {
  const at::Tensor& head = problem_.head;
  at::Tensor gradient = block.logits;
  if (rounded_.defined()) {
    gradient = rounded_.narrow(0, 0, block.count);
    gradient.copy_(block.logits);
  }
  if (wanted_.hidden) {
    at::Tensor place = rows(found_.hidden, block);
    at::mm_out(place, gradient, head);
  }
  if (!wanted_.head) return;
  const at::Tensor hidden = rows(problem_.hidden, block);
  if (rounded_.defined()) {
    at::mm_out(head_part_, gradient.t(), hidden);
    block.begin == 0 ? found_.head.copy_(head_part_) : found_.head.add_(head_part_);
  } else if (block.begin == 0) {
    at::mm_out(found_.head, gradient.t(), hidden);
  } else {
    found_.head.addmm_(gradient.t(), hidden);
  }
}

RowLosses Pass::run() {
  const std::int64_t count = problem_.hidden.size(0);
  for (std::int64_t begin = 0; begin < count; begin += block_rows_) {
    stop_if_canceled();
    Block block;
    block.begin = begin;
    block.count = std::min(block_rows_, count - begin);
    take(block);
    measure(block);
    if (!wanted_.hidden && !wanted_.head) continue;
    differentiate(block);
    give(block);
  }
  return found_;
}

}  // namespace

RowLosses row_losses(const RowProblem& problem, const Mix& mix, const Wanted& wanted,
                     std::int64_t block_bytes) {
  const at::NoGradGuard no_grad;
  const int products = 1 + (wanted.hidden ? 1 : 0) + (wanted.head ? 1 : 0);
  torch::count_work(problem.head.scalar_type(),
                    2.0 * products * static_cast<double>(problem.hidden.numel()) *
                        static_cast<double>(problem.head.size(0)),
                    static_cast<double>(problem.head.nbytes()));
  return Pass(problem, mix, wanted, block_bytes).run();
}

}  // namespace gistmill::loss
