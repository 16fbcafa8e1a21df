// What happens to one tile of logits: a step of a running softmax, as in attention. Plain loops over a tile
// in the cache of one core; which tiles there are is head_tiles.cpp's affair.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>
#include <limits>

namespace gistmill::substitution {

// Vocabulary entries a tile, and the distance of its rows.
inline constexpr std::int64_t kTileColumns = 256;

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

// Packs `count` head rows [count, size] as the right sides of two products; rows and columns that do not
// exist are zero. Products of bf16 take pairs of rows of the right side interleaved.
//   pack_for_logits: [padded, kTileColumns], their transpose    pack_for_means: [kTileColumns, padded],
//   themselves
// `padded` is size, rounded up to even.
template <class T>
void pack_for_logits(const T* head, std::int64_t count, std::int64_t size, std::int64_t padded, T* out);
template <class T>
void pack_for_means(const T* head, std::int64_t count, std::int64_t size, std::int64_t padded, T* out);

}  // namespace gistmill::substitution
