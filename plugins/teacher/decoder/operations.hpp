// The parts of a layer as differentiable operations. Gradients flow to activations, and to the weights of
// norms where these ask for one; positions and the shared prefix have none. In main memory they are kernels
// of our own, on a device ATen operations (portable.hpp).
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

#include "plugins/teacher/decoder/attention/attention.hpp"

namespace gistmill::decoder {

// cosine and sine of every position, times Config::magnitude_of, f32[C, E/2].
struct Rotation {
  at::Tensor cosine;
  at::Tensor sine;
};

// residual f32[n, D], delta compute[n, D] or undefined -> their sum f32[n, D], and its RMSNorm in `dtype`,
// compute[n, D]. in_place: the sum may take the residual's memory, which nothing else uses.
std::pair<at::Tensor, at::Tensor> add_norm(const at::Tensor& residual, const at::Tensor& delta,
                                           const at::Tensor& weight, double epsilon, at::ScalarType dtype,
                                           bool in_place = false);

// qkv compute[n, (A + 2 J) E] -> queries and keys rotated to positions i64[n]. May take qkv's memory, which
// nothing else uses.
at::Tensor rotate(const at::Tensor& qkv, const Rotation& rotation, const at::Tensor& positions,
                  const AttentionShape& shape);

struct HeadNorms {
  at::Tensor query;  // f32[E]
  at::Tensor key;    // f32[E]
  double epsilon = 0.0;
};
// qkv compute[n, (A + 2 J) E] -> each head of the queries and of the keys divided by its root mean square,
// times the weight of its kind (Qwen3, Gemma 3).
at::Tensor normalize_heads(const at::Tensor& qkv, const HeadNorms& norms, const AttentionShape& shape);

// Of a shared prefix, which has no gradient. See attention/attention.hpp.
at::Tensor attend(const at::Tensor& qkv, const at::Tensor& prefix, const AttentionPlan& plan);

// Attention of whole texts, differentiable in queries, keys and values: the plain formula, by ATen.
// queries compute[B, T, A E], keys_values compute[B, keys, 2 J E], allowed bool[B, T, keys]: what each row
// sees, at least one; undefined: all -> compute[B, T, A E].
at::Tensor attend_masked(const at::Tensor& queries, const at::Tensor& keys_values, const at::Tensor& allowed,
                         const AttentionShape& shape);

// gate and up, compute[n, 2F] -> silu(gate) up, gelu(gate) up, compute[n, F]. GELU is the tanh form.
at::Tensor swiglu(const at::Tensor& gate_up);
at::Tensor geglu(const at::Tensor& gate_up);

}  // namespace gistmill::decoder
