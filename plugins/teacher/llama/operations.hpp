// The parts of a layer as differentiable operations, each one autograd node. Gradients flow to activations
// only: weights, positions and the prefix have none.
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

#include "plugins/teacher/llama/attention.hpp"

namespace gistmill::llama {

// cosine and sine of every position, f32[context, E/2].
struct Rotation {
  at::Tensor cosine;
  at::Tensor sine;
};

// residual f32[n, D], delta T[n, D] or undefined -> their sum f32[n, D], and its RMSNorm in `dtype`, T[n, D].
std::pair<at::Tensor, at::Tensor> add_norm(const at::Tensor& residual, const at::Tensor& delta,
                                           const at::Tensor& weight, double epsilon, at::ScalarType dtype);

// qkv T[n, (A + 2B) E] -> queries and keys rotated to positions i64[n].
at::Tensor rotate(const at::Tensor& qkv, const Rotation& rotation, const at::Tensor& positions,
                  const AttentionShape& shape);

// See attention.hpp.
at::Tensor attend(const at::Tensor& qkv, const at::Tensor& prefix, const AttentionPlan& plan);

// T[n, 2F] -> T[n, F]
at::Tensor swiglu(const at::Tensor& gate_up);

}  // namespace gistmill::llama
