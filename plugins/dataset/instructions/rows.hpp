// Rows of tokens of different lengths as tensors.
#pragma once

#include <cstdint>
#include <vector>

#include <gistmill/plugin.hpp>

namespace gistmill::dataset {

struct PaddedRows {
  Tensor ids;      // i32[B, T]; zeros at the left of each row
  Tensor padding;  // i32[B]: how many
};
PaddedRows pad_left(const std::vector<std::vector<std::int32_t>>& rows);

struct FilledRows {
  Tensor ids;      // i32[B, N]; zeros behind each row
  Tensor lengths;  // i32[B]
};
FilledRows fill_right(const std::vector<std::vector<std::int32_t>>& rows);

// first: of each row without its padding, the column of its first gist token; -1: it has none. The others
// follow it. Gives i32[B, gists]: their columns in the padded rows, or -1.
Tensor gist_places(const std::vector<std::int64_t>& first, const Tensor& padding, std::int64_t gists);

}  // namespace gistmill::dataset
