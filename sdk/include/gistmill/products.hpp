// ATen's matrix products with an account of their work (gistmill/plugin/work.hpp): what autograd will do for
// them is counted with the operation's vjp. Any floating dtype, any device; no layers, no parameters.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "gistmill/plugin/work.hpp"

namespace gistmill::torch {

using gistmill::count_work;

// Counts products of factors of type `factors`.
inline void count_work(at::ScalarType factors, double flops, double bytes = 0) {
  if (factors == at::kBFloat16 || factors == at::kHalf) {
    count_half_work(flops, bytes);
  } else {
    count_work(flops, bytes);
  }
}

// Counts, in an operation's forward, what its vjp will do; nothing where none follows.
inline void count_backward(at::ScalarType factors, double flops, double bytes = 0) {
  if (detail::backward_account() == nullptr) return;
  const detail::WorkScope later(detail::backward_account());
  count_work(factors, flops, bytes);
}

// Counts a product of `a` and `b` that ATen computes and autograd differentiates: itself now, and with the
// vjp one product of the same size for each factor that wants a gradient. For an operation's forward, beside
// the product.
inline void count_product(const at::Tensor& a, const at::Tensor& b, double flops) {
  count_work(a.scalar_type(), flops);
  count_backward(a.scalar_type(), flops * ((a.requires_grad() ? 1 : 0) + (b.requires_grad() ? 1 : 0)));
}

// x [..., in], weight [out, in], bias [out] or undefined -> [..., out]
inline at::Tensor counted_linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {}) {
  count_product(x, weight, 2.0 * static_cast<double>(x.numel()) * static_cast<double>(weight.size(0)));
  return bias.defined() ? at::linear(x, weight, bias) : at::linear(x, weight);
}

// a [B, n, m], b [B, m, p] -> [B, n, p]
inline at::Tensor counted_bmm(const at::Tensor& a, const at::Tensor& b) {
  count_product(a, b, 2.0 * static_cast<double>(a.numel()) * static_cast<double>(b.size(2)));
  return at::bmm(a, b);
}

// Attention without a mask: query [B, h, Q, w], key [B, h, M, w], value [B, h, M, v] -> [B, h, Q, v]
inline at::Tensor counted_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value) {
  const std::int64_t rows = query.numel() / query.size(3);  // B h Q
  const auto scores = static_cast<double>(rows * key.size(2));
  const at::Tensor& scored = query.requires_grad() ? query : key;  // what the scores' gradient goes to
  count_product(query, key, 2.0 * scores * static_cast<double>(query.size(3)));
  count_product(scored, value, 2.0 * scores * static_cast<double>(value.size(3)));
  return at::scaled_dot_product_attention(query, key, value);
}

}  // namespace gistmill::torch
