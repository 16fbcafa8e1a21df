// Attention of one new token over all before it: what generating needs. No packing and no blocks: every key
// is read once. The plain counterpart is attention() with one row.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "plugins/teacher/decoder/attention/attention.hpp"

namespace gistmill::decoder {

// qkv compute[1, (A + 2 J) E], rotated, of which the queries are read; keys_values compute[P + room, 2 J E],
// of which the rows [0, length) are seen, the token's own among them. Sums are f32. -> compute[1, A E]. No
// gradient.
at::Tensor attend_row(const at::Tensor& qkv, const at::Tensor& keys_values, std::int64_t length,
                      const AttentionShape& shape);

}  // namespace gistmill::decoder
