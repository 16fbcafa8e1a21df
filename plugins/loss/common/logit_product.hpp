// The logits of a block of rows: f32, also of bf16 factors where the processor multiplies these.
#pragma once

#include <ATen/core/Tensor.h>

namespace gistmill::loss {

// hidden [R, D] and head [V, D] of one dtype -> logits [R, V], f32 (f64 of f64). Elsewhere than on such a
// processor, products of bf16 and f16 factors are rounded to these before they are f32.
void logit_product(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& logits);

}  // namespace gistmill::loss
