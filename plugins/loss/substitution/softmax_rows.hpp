// What happens to one tile of logits: a step of a running softmax, as in attention. Plain loops over a tile
// in the cache of one core; which tiles there are is head_tiles.cpp's affair.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>
#include <limits>

#include "plugins/loss/common/head_tile.hpp"

namespace gistmill::substitution {

using loss::kTileColumns;  // the distance of a tile's rows

// A row's softmax over the columns that it has seen.
struct Running {
  float maximum = -std::numeric_limits<float>::infinity();  // of logit * scale
  double sum = 0;                                           // of exp(logit * scale - maximum)
  double weight_sum = 0;                                    // the same after rounding to the compute type
};

// Takes logits f32[rows, kTileColumns], of which the first `columns` exist, into running[rows].
void add_columns(std::int64_t rows, std::int64_t columns, float scale, const float* logits, Running* running);

// The same, and leaves weights T[rows, kTileColumns] = exp(logit * scale - maximum), 0 where no column
// exists. means f32[rows, size], sums of weights times vectors so far, are brought to the new maximum.
template <class T>
void add_columns(std::int64_t rows, std::int64_t columns, float scale, const float* logits, Running* running,
                 T* weights, float* means, std::int64_t size);

}  // namespace gistmill::substitution
