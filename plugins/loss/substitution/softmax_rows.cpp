#include "plugins/loss/substitution/softmax_rows.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

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

// Sixteen words of 32 bits: a float, or a pair of bf16.
constexpr std::int64_t kLine = 16;
constexpr std::int64_t kWord = 4;  // bytes
static_assert(kTileColumns % kLine == 0);
using Line = std::uint32_t __attribute__((vector_size(kLine * kWord)));

// 16 x 16 words; rows `from_stride` and `to_stride` bytes apart. Each round swaps the leading bit of the
// row's number with that of the column's, at their other end.
GISTMILL_INLINE void transpose_block(const std::byte* from, std::int64_t from_stride, std::byte* to,
                                     std::int64_t to_stride) {
  Line x[kLine];
  Line y[kLine];
  for (std::int64_t r = 0; r < kLine; ++r) std::memcpy(&x[r], from + r * from_stride, sizeof(Line));
  for (int round = 0; round < 4; ++round) {
    for (std::int64_t r = 0; r < kLine / 2; ++r) {
      const Line& a = x[r];
      const Line& b = x[r + kLine / 2];
      y[2 * r] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      y[2 * r + 1] =
          __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    std::memcpy(x, y, sizeof(x));
  }
  for (std::int64_t r = 0; r < kLine; ++r) std::memcpy(to + r * to_stride, &x[r], sizeof(Line));
}

// rows [count, words] -> out [words, kTileColumns], columns count.. zero.
GISTMILL_CLONES void transpose_words(const std::byte* rows, std::int64_t count, std::int64_t words,
                                     std::byte* out) {
  const std::int64_t from_stride = words * kWord;
  constexpr std::int64_t kToStride = kTileColumns * kWord;
  for (std::int64_t first = 0; first < kTileColumns; first += kLine) {
    const std::byte* from = rows + first * from_stride;
    std::byte* to = out + first * kWord;
    const std::int64_t here = std::clamp<std::int64_t>(count - first, 0, kLine);
    const std::int64_t whole = here == kLine ? words / kLine * kLine : 0;
    for (std::int64_t i = 0; i < whole; i += kLine) {
      transpose_block(from + i * kWord, from_stride, to + i * kToStride, kToStride);
    }
    for (std::int64_t i = whole; i < words; ++i) {
      std::memset(to + i * kToStride, 0, sizeof(Line));
      for (std::int64_t j = 0; j < here; ++j) {
        std::memcpy(to + i * kToStride + j * kWord, from + j * from_stride + i * kWord, kWord);
      }
    }
  }
}

// a, b [size] -> out [size, 2]
GISTMILL_CLONES void interleave(const BFloat16* a, const BFloat16* b, std::int64_t size, BFloat16* out) {
  for (std::int64_t i = 0; i < size; ++i) {
    const std::uint32_t pair = a[i].x | static_cast<std::uint32_t>(b[i].x) << 16;
    std::memcpy(out + 2 * i, &pair, sizeof(pair));
  }
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

void pack_for_logits(const float* head, std::int64_t count, std::int64_t size, float* out) {
  transpose_words(reinterpret_cast<const std::byte*>(head), count, size, reinterpret_cast<std::byte*>(out));
}
void pack_for_logits(const BFloat16* head, std::int64_t count, std::int64_t size, BFloat16* out) {
  transpose_words(reinterpret_cast<const std::byte*>(head), count, size / 2,
                  reinterpret_cast<std::byte*>(out));
}

void pack_for_means(const float* head, std::int64_t count, std::int64_t size, float* out) {
  std::fill(std::copy(head, head + count * size, out), out + kTileColumns * size, 0.0f);
}
void pack_for_means(const BFloat16* head, std::int64_t count, std::int64_t size, BFloat16* out) {
  for (std::int64_t j = 0; j < kTileColumns; j += 2) {
    BFloat16* line = out + j * size;
    if (j + 1 < count) {
      interleave(head + j * size, head + (j + 1) * size, size, line);
      continue;
    }
    std::fill(line, line + 2 * size, BFloat16(0.0f));
    for (std::int64_t i = 0; j < count && i < size; ++i) line[2 * i] = head[j * size + i];
  }
}

}  // namespace gistmill::substitution
