// What retention does row by row: takes a layer's queries, keys, values and gates apart and turns them, and
// normalizes what each head gives. Forward functions are differentiable; the others are their gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "plugins/student/retnet/retention.hpp"

namespace gistmill::retnet {

// Of a chunk, [B, H, n, K or E]; queries and keys turned, zero where a token is padding.
struct Rows {
  at::Tensor query, key, value, gate;
};
Rows rows_of(const Config& config, const at::Tensor& mixed, const Places& places, std::int64_t first,
             std::int64_t count);

// The other way: gradients of Rows into their places in `grad` [B, T, 2 D + 2 value width].
void put_gradients(const Config& config, const Places& places, std::int64_t first, const Rows& gradients,
                   const at::Tensor& grad);

// Tokens [first, first + count) of [B, T, value width] as a view [B, H, count, E].
at::Tensor heads_of(const Config& config, const at::Tensor& values, std::int64_t first, std::int64_t count);

// 1 / max(|sum|, 1) with scale_rows, sums [B, H, n, 1] being of rows before row_scale; times row_scale where
// it is defined.
at::Tensor row_factor(const at::Tensor& sum, const at::Tensor& row_scale);

struct Normalized {
  at::Tensor unit;     // [B, H, n, E]
  at::Tensor inverse;  // [B, H, n, 1]: 1 / root of mean square, or deviation
};
Normalized normalize(const Config& config, const at::Tensor& output);
// grad: of the unit -> of the output.
at::Tensor normalize_backward(const Config& config, const Normalized& normalized, const at::Tensor& grad);

}  // namespace gistmill::retnet
