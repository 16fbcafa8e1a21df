// Attention of one new token over all before it: what generating needs. No packing and no blocks: every key
// is read once. The plain counterpart is attention() with one row.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "plugins/teacher/decoder/attention/attention.hpp"

namespace gistmill::decoder {

// qkv T[1, (A + 2B) E], rotated, of which the queries are read; keys_values T[C, 2 B E], of which the rows
// [0, length) are seen, the token's own among them. T is f32 or bf16; sums are f32. -> T[1, A E]. No
// gradient.
at::Tensor attend_row(const at::Tensor& qkv, const at::Tensor& keys_values, std::int64_t length,
                      const AttentionShape& shape);

}  // namespace gistmill::decoder
