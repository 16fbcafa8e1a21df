// The order in which a file keeps the rows of queries and keys. Hugging Face pairs row i of a head with row
// i + E/2 ("half-split"); this folder's model, and GGUF files of the llama architecture, pair rows 2i and 2i
// + 1.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/config.hpp"

namespace gistmill::decoder {

// How many heads the rows of this tensor belong to, where they rotate: A of attn_q, J of attn_k, one of their
// norms; 0 of every other tensor, and where positions are not rotary.
std::int64_t rotated_heads(const Config& config, const std::string& name);

// rows f[heads * E, ..] half-split -> the same rows with pairs adjacent; a view where strides allow it.
at::Tensor paired(const at::Tensor& rows, std::int64_t heads);
// The way back.
at::Tensor half_split(const at::Tensor& rows, std::int64_t heads);
// paired() as indices: row i of the result is row order[i] of the file.
std::vector<std::int32_t> paired_order(std::int64_t rows, std::int64_t heads);

}  // namespace gistmill::decoder
