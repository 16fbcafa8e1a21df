// The two things that a loss does with a block of logits, all else is smaller: log-sums, and the gradient in
// the logits' place. On the CPU in f32 by row loops (logit_loops.hpp), anything else by ATen.
#pragma once

#include <ATen/core/Tensor.h>

namespace gistmill::loss {

// logits [R, V], f32 or f64; log-sums f64 [R]
struct BlockSums {
  at::Tensor one;             // at temperature 1
  at::Tensor at_temperature;  // of logits / temperature
};
BlockSums block_sums(const at::Tensor& logits, double temperature);

// factor f64 [R] * softmax(logits / temperature), whose log-sum f64 [R] is known. Undefined: none.
struct BlockTerm {
  at::Tensor factor;
  at::Tensor log_sum;
  double temperature = 1;
};
// The logits become the sum of both terms.
void block_gradient(const at::Tensor& logits, const BlockTerm& first, const BlockTerm& second);

}  // namespace gistmill::loss
