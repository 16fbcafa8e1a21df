#include "plugins/loss/substitution/softmax_rows.hpp"

#include <algorithm>
#include <type_traits>

#include "gistmill/vector_math.hpp"

namespace gistmill::substitution {
namespace {

using c10::BFloat16;

// Rows of a right side that stand interleaved.
template <class T>
constexpr std::int64_t kInterleaved = std::is_same_v<T, BFloat16> ? 2 : 1;

// The new maximum of one row, to which its sums are brought.
GISTMILL_INLINE float raise_maximum(std::int64_t columns, float scale, const float* logits, Running& row,
                                    float* mean, std::int64_t size) {
  float top = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : top)
  for (std::int64_t i = 0; i < columns; ++i) top = logits[i] > top ? logits[i] : top;
  top *= scale;
  if (!(top > row.maximum)) return row.maximum;
  const float shrink = exponential(row.maximum - top);
  row.maximum = top;
  row.sum *= shrink;
  row.weight_sum *= shrink;
#pragma omp simd
  for (std::int64_t i = 0; i < size; ++i) mean[i] *= shrink;
  return top;
}

template <class T>
GISTMILL_INLINE void weigh_row(std::int64_t columns, float scale, const float* logits, Running& row,
                               T* weights, float* mean, std::int64_t size) {
  const float maximum = raise_maximum(columns, scale, logits, row, mean, size);
  float sum = 0;
  float weight_sum = 0;
#pragma omp simd reduction(+ : sum, weight_sum)
  for (std::int64_t i = 0; i < columns; ++i) {
    const float weight = exponential(logits[i] * scale - maximum);
    put(weights[i], weight);
    sum += weight;
    weight_sum += as_float(weights[i]);
  }
  std::fill(weights + columns, weights + kTileColumns, T(0.0f));
  row.sum += sum;
  row.weight_sum += weight_sum;
}

GISTMILL_CLONES void sum_tile(std::int64_t rows, std::int64_t columns, float scale, const float* logits,
                              Running* running) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = logits + r * kTileColumns;
    const float maximum = raise_maximum(columns, scale, row, running[r], nullptr, 0);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < columns; ++i) sum += exponential(row[i] * scale - maximum);
    running[r].sum += sum;
  }
}

template <class T>
GISTMILL_INLINE void weigh_tile_body(std::int64_t rows, std::int64_t columns, float scale,
                                     const float* logits, Running* running, T* weights, float* means,
                                     std::int64_t size) {
  for (std::int64_t r = 0; r < rows; ++r) {
    weigh_row(columns, scale, logits + r * kTileColumns, running[r], weights + r * kTileColumns,
              means + r * size, size);
  }
}
GISTMILL_CLONES void weigh_tile(std::int64_t rows, std::int64_t columns, float scale, const float* logits,
                                Running* running, float* weights, float* means, std::int64_t size) {
  weigh_tile_body(rows, columns, scale, logits, running, weights, means, size);
}
GISTMILL_CLONES void weigh_tile(std::int64_t rows, std::int64_t columns, float scale, const float* logits,
                                Running* running, BFloat16* weights, float* means, std::int64_t size) {
  weigh_tile_body(rows, columns, scale, logits, running, weights, means, size);
}

}  // namespace

void add_columns(std::int64_t rows, std::int64_t columns, float scale, const float* logits,
                 Running* running) {
  sum_tile(rows, columns, scale, logits, running);
}

template <class T>
void add_columns(std::int64_t rows, std::int64_t columns, float scale, const float* logits, Running* running,
                 T* weights, float* means, std::int64_t size) {
  weigh_tile(rows, columns, scale, logits, running, weights, means, size);
}
template void add_columns(std::int64_t, std::int64_t, float, const float*, Running*, float*, float*,
                          std::int64_t);
template void add_columns(std::int64_t, std::int64_t, float, const float*, Running*, BFloat16*, float*,
                          std::int64_t);

template <class T>
void pack_for_logits(const T* head, std::int64_t count, std::int64_t size, std::int64_t padded, T* out) {
  constexpr std::int64_t kPair = kInterleaved<T>;
  constexpr std::int64_t kStrip = 16;  // head rows that are read together, one cache line written of each
  std::fill(out, out + (count < kTileColumns || padded > size ? padded * kTileColumns : 0), T(0.0f));
  for (std::int64_t first = 0; first < count; first += kStrip) {
    const std::int64_t last = std::min(first + kStrip, count);
    for (std::int64_t i = 0; i < size; i += kPair) {
      for (std::int64_t p = 0; p < std::min(kPair, size - i); ++p) {
        T* line = out + i * kTileColumns + p;
        for (std::int64_t j = first; j < last; ++j) line[j * kPair] = head[j * size + i + p];
      }
    }
  }
}
template void pack_for_logits(const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void pack_for_logits(const BFloat16*, std::int64_t, std::int64_t, std::int64_t, BFloat16*);

template <class T>
void pack_for_means(const T* head, std::int64_t count, std::int64_t size, std::int64_t padded, T* out) {
  constexpr std::int64_t kPair = kInterleaved<T>;
  std::fill(out, out + (count < kTileColumns || padded > size ? padded * kTileColumns : 0), T(0.0f));
  for (std::int64_t j = 0; j < count; ++j) {
    T* line = out + j / kPair * kPair * padded + j % kPair;
    for (std::int64_t i = 0; i < size; ++i) line[i * kPair] = head[j * size + i];
  }
}
template void pack_for_means(const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void pack_for_means(const BFloat16*, std::int64_t, std::int64_t, std::int64_t, BFloat16*);

}  // namespace gistmill::substitution
