// The parts of a layer written in ATen operations, for any device and differentiated by autograd: what runs
// where the kernels of rows.hpp and attention/ do not, and what tests hold these against. Same shapes and the
// same places of rounding as in operations.hpp; f32 in between.
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

#include "plugins/teacher/decoder/low_rank.hpp"
#include "plugins/teacher/decoder/operations.hpp"

namespace gistmill::decoder::portable {

std::pair<at::Tensor, at::Tensor> add_norm(const at::Tensor& residual, const at::Tensor& delta,
                                           const at::Tensor& weight, double epsilon, at::ScalarType dtype);

at::Tensor rotate(const at::Tensor& qkv, const Rotation& rotation, const at::Tensor& positions,
                  const AttentionShape& shape);

// Keys of the prefix in blocks, each a product with all rows after its first key; then the rows' own keys;
// one softmax over both by log-sum-exp. Nothing is copied back from the device. Rows in no segment are zero.
at::Tensor attend(const at::Tensor& qkv, const at::Tensor& prefix, const AttentionPlan& plan);

at::Tensor swiglu(const at::Tensor& gate_up);

at::Tensor add_low_rank(const at::Tensor& base, const at::Tensor& x, const std::vector<Adapter>& adapters,
                        bool gradients);

}  // namespace gistmill::decoder::portable
