// The row-wise parts of a layer, fused: residual sum with RMSNorm, rotary positions, SwiGLU; forward and
// backward, no autograd here (operations.hpp has it). Every row is independent; threads are the host's.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <tuple>

namespace gistmill::decoder::rows {

// T is the compute type: f32 or bf16. Sums and norms are taken in f32.

struct Normed {
  at::Tensor sum;      // f32[n, D]: residual + delta
  at::Tensor normed;   // T[n, D]: unit * weight
  at::Tensor unit;     // T[n, D]: sum / rms(sum), for the backward; undefined: not asked for
  at::Tensor inverse;  // f32[n]: 1 / rms
};
// residual f32[n, D]; delta T[n, D], or undefined for none; weight f32[D]; dtype: T.
Normed add_norm(const at::Tensor& residual, const at::Tensor& delta, const at::Tensor& weight, double epsilon,
                at::ScalarType dtype, bool with_unit);
// grad_sum f32[n, D] or undefined; grad_normed T[n, D] -> gradient of the sum, as f32[n, D] and as T[n, D]
// (the same tensor where T is f32). It needs the rows in units of their size, so that T is enough of them:
// half of what the sum would take.
std::tuple<at::Tensor, at::Tensor> add_norm_backward(const at::Tensor& grad_sum,
                                                     const at::Tensor& grad_normed, const at::Tensor& unit,
                                                     const at::Tensor& inverse, const at::Tensor& weight);

// Rotates the adjacent pairs (2i, 2i+1) of the first `heads` heads of every row; what follows is copied.
// rows T[n, W]; cosine, sine f32[positions, E/2]; positions i64[n]. `sign` is -1 for the backward.
at::Tensor rotate(const at::Tensor& values, const at::Tensor& cosine, const at::Tensor& sine,
                  const at::Tensor& positions, std::int64_t heads, float sign);

// gate_up T[n, 2F] -> silu(gate) * up, T[n, F].
at::Tensor swiglu(const at::Tensor& gate_up);
// -> gradient of gate_up, T[n, 2F].
at::Tensor swiglu_backward(const at::Tensor& grad, const at::Tensor& gate_up);

}  // namespace gistmill::decoder::rows
