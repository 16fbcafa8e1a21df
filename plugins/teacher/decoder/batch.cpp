#include "plugins/teacher/decoder/batch.hpp"

#include <ATen/ATen.h>

namespace gistmill::decoder {

at::Tensor allowed_of(const Batch& batch, std::int64_t window) {
  const std::int64_t count = batch.ids.size(0);
  const std::int64_t length = batch.ids.size(1);
  const at::Tensor causal = at::ones({length, length}, at::kBool).tril();
  if (!batch.mask.defined() && window == 0) return causal.expand({count, length, length});
  at::Tensor allowed = causal;
  if (batch.mask.defined()) allowed = batch.mask.cpu().ne(0).logical_and(allowed);
  if (window > 0) {
    const at::Tensor positions = positions_of(batch).to(at::kLong);
    allowed = positions.unsqueeze(1).gt(positions.unsqueeze(2) - window).logical_and(allowed);
  }
  const at::Tensor blind = allowed.any(-1, true).logical_not();
  return allowed.logical_or(blind.logical_and(at::eye(length, at::kBool)));
}

at::Tensor positions_of(const Batch& batch) {
  if (batch.positions.defined()) return batch.positions.cpu();
  return at::arange(batch.ids.size(1), at::kLong).expand(batch.ids.sizes());
}

}  // namespace gistmill::decoder
