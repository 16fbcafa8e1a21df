// One pass of hidden rows through the output head, reduced to what a loss needs of it: no logits come out.
// Which loss is made of it, and masks, are substitution.cpp's affair.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gistmill::substitution {

// M rows, D hidden size, V vocabulary. z = hidden head^T are the logits, [M, V], in nats.
struct HeadPass {
  at::Tensor nll;       // f64 [M], of the targets, at temperature 1
  at::Tensor log_sum;   // f64 [M], log sum exp(z / temperature)
  at::Tensor mean_row;  // [M, D], softmax(z / temperature) head, f32 (f64 where the head is); the gradient of
                        // temperature * log_sum for hidden. Undefined where it was not asked for
};

enum class MeanRow { compute, skip };

// hidden [M, D] in the head's dtype, head [V, D], targets i64 [M] within the vocabulary. Records no gradient.
// On the CPU, f32 and (where the processor multiplies it) bf16 go tile by tile (head_tiles.hpp); anything
// else by head_pass_in_blocks. Logits of bf16 factors are f32 in tiles.
HeadPass head_pass(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                   double temperature, MeanRow mean_row);

// The same by plain ATen, any dtype and device, with block_bytes of logits at a time.
HeadPass head_pass_in_blocks(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets,
                             double temperature, MeanRow mean_row,
                             std::int64_t block_bytes = std::int64_t{64} << 20);

}  // namespace gistmill::substitution
