// The row-wise parts of a layer, fused: residual sum with RMSNorm, rotary positions, SwiGLU; forward and
// backward, no autograd here (operations.hpp has it). Every row is independent; threads are the host's.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <tuple>

namespace gistmill::decoder::rows {

// Letters as in config.hpp. Sums and norms are taken in f32.

struct Normed {
  at::Tensor sum;      // f32[n, D]: residual + delta
  at::Tensor normed;   // compute[n, D]: unit * weight
  at::Tensor unit;     // compute[n, D]: sum / rms(sum), for the backward; undefined: not asked for
  at::Tensor inverse;  // f32[n]: 1 / rms
};
// residual f32[n, D]; delta compute[n, D], or undefined for none; weight f32[D]; dtype: the compute type. The
// sum is the residual itself where there is no delta, and takes the residual's memory where `in_place`.
Normed add_norm(const at::Tensor& residual, const at::Tensor& delta, const at::Tensor& weight, double epsilon,
                at::ScalarType dtype, bool with_unit, bool in_place);
// grad_sum f32[n, D] or undefined; grad_normed compute[n, D] -> gradient of the sum, as f32[n, D] and as
// compute[n, D] (the same tensor where that is f32). It needs the rows in units of their size, for which the
// compute type is exact enough: half of what the sum would take.
std::tuple<at::Tensor, at::Tensor> add_norm_backward(const at::Tensor& grad_sum,
                                                     const at::Tensor& grad_normed, const at::Tensor& unit,
                                                     const at::Tensor& inverse, const at::Tensor& weight);

// Rotates the adjacent pairs (2i, 2i+1) of the first `heads` heads of every row in place; what follows stays.
// values compute[n, (heads + rest) E]; cosine, sine f32[C, E/2]; positions i64[n]. `sign` is -1 for the
// backward.
void rotate_(const at::Tensor& values, const at::Tensor& cosine, const at::Tensor& sine,
             const at::Tensor& positions, std::int64_t heads, float sign);

// gate_up compute[n, 2F] -> silu(gate) * up, compute[n, F].
at::Tensor swiglu(const at::Tensor& gate_up);
// -> gradient of gate_up, compute[n, 2F].
at::Tensor swiglu_backward(const at::Tensor& grad, const at::Tensor& gate_up);

}  // namespace gistmill::decoder::rows
