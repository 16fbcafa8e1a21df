#include "plugins/loss/substitution/softmax_rows.hpp"

#include <algorithm>

#include "gistmill/vector_math.hpp"

namespace gistmill::substitution {
namespace {

using c10::BFloat16;

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

}  // namespace gistmill::substitution
