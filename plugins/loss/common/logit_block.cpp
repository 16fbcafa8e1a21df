#include "plugins/loss/common/logit_block.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "plugins/loss/common/logit_loops.hpp"

namespace gistmill::loss {
namespace {

bool loops_handle(const at::Tensor& logits) {
  return logits.is_cpu() && logits.scalar_type() == at::kFloat && logits.is_contiguous();
}

at::Tensor softmax_term(const at::Tensor& logits, const BlockTerm& term) {
  const at::Tensor log_probability =
      logits / term.temperature - term.log_sum.unsqueeze(1).to(logits.scalar_type());
  return log_probability.exp_().mul_(term.factor.unsqueeze(1).to(logits.scalar_type()));
}

Term row_term(const BlockTerm& term, std::int64_t row) {
  if (!term.factor.defined()) return {};
  return {term.factor.const_data_ptr<double>()[row], term.log_sum.const_data_ptr<double>()[row],
          static_cast<float>(1 / term.temperature)};
}

}  // namespace

BlockSums block_sums(const at::Tensor& logits, double temperature) {
  if (!loops_handle(logits)) {
    const at::Tensor one = logits.logsumexp(1).to(at::kDouble);
    return {one, temperature == 1 ? one : (logits / temperature).logsumexp(1).to(at::kDouble)};
  }
  const std::int64_t columns = logits.size(1);
  BlockSums sums;
  sums.one = at::empty({logits.size(0)}, logits.options().dtype(at::kDouble));
  sums.at_temperature = at::empty_like(sums.one);
  auto* one = sums.one.mutable_data_ptr<double>();
  auto* scaled = sums.at_temperature.mutable_data_ptr<double>();
  const float* z = logits.const_data_ptr<float>();
  at::parallel_for(0, logits.size(0), 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      const LogSums found = log_sums(columns, z + row * columns, static_cast<float>(1 / temperature));
      one[row] = found.one;
      scaled[row] = found.at_temperature;
    }
  });
  return sums;
}

void block_gradient(const at::Tensor& logits, const BlockTerm& first, const BlockTerm& second) {
  if (!loops_handle(logits)) {
    at::Tensor sum = at::zeros_like(logits);
    for (const BlockTerm& term : {first, second}) {
      if (term.factor.defined()) sum.add_(softmax_term(logits, term));
    }
    logits.copy_(sum);
    return;
  }
  const std::int64_t columns = logits.size(1);
  float* z = logits.mutable_data_ptr<float>();
  at::parallel_for(0, logits.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      to_gradient(columns, row_term(first, row), row_term(second, row), z + row * columns);
    }
  });
}

}  // namespace gistmill::loss
