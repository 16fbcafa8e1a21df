#include "plugins/loss/substitution/head_pass.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "gistmill/plugin/work.hpp"
#include "plugins/loss/substitution/head_tiles.hpp"

namespace gistmill::substitution {
namespace {

void count(const at::Tensor& hidden, const at::Tensor& head, MeanRow mean_row) {
  const double products = mean_row == MeanRow::compute ? 2 : 1;
  const double flops = 2.0 * products * static_cast<double>(hidden.size(0)) *
                       static_cast<double>(head.size(0)) * static_cast<double>(head.size(1));
  const auto bytes = static_cast<double>(head.nbytes());
  if (head.element_size() == 2) {
    count_half_work(flops, bytes);
  } else {
    count_work(flops, bytes);
  }
}

}  // namespace

HeadPass head_pass(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                   double temperature, MeanRow mean_row) {
  const at::NoGradGuard no_grad;
  count(hidden, head, mean_row);
  if (tiles_handle(head)) return head_pass_in_tiles(hidden, head, targets, temperature, mean_row);
  return head_pass_in_blocks(hidden, head, targets, temperature, mean_row);
}

HeadPass head_pass_in_blocks(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                             double temperature, MeanRow mean_row, std::int64_t block_bytes) {
  const at::NoGradGuard no_grad;
  const std::int64_t count = hidden.size(0);
  const at::ScalarType exact = head.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  HeadPass pass;
  pass.nll = at::empty({count}, head.options().dtype(at::kDouble));
  pass.log_sum = at::empty_like(pass.nll);
  if (mean_row == MeanRow::compute) pass.mean_row = at::empty(hidden.sizes(), head.options().dtype(exact));

  const std::int64_t row_bytes = head.size(0) * static_cast<std::int64_t>(c10::elementSize(exact));
  const std::int64_t block = std::max<std::int64_t>(1, block_bytes / row_bytes);
  for (std::int64_t begin = 0; begin < count; begin += block) {
    const std::int64_t size = std::min(block, count - begin);
    const at::Tensor logits = at::mm(hidden.narrow(0, begin, size), head.t()).to(exact);
    const at::Tensor target = targets.narrow(0, begin, size).unsqueeze(1);
    pass.nll.narrow(0, begin, size).copy_(logits.logsumexp(1) - logits.gather(1, target).squeeze(1));
    const at::Tensor scaled = temperature == 1 ? logits : logits / temperature;
    pass.log_sum.narrow(0, begin, size).copy_(scaled.logsumexp(1));
    if (mean_row == MeanRow::skip) continue;
    const at::Tensor weights = at::softmax(scaled, 1).to(head.scalar_type());
    pass.mean_row.narrow(0, begin, size).copy_(at::mm(weights, head));
  }
  return pass;
}

}  // namespace gistmill::substitution
