#include "plugins/teacher/decoder/attention/tiles.hpp"

#include <ATen/native/CPUBlas.h>

#include <limits>

#include "gistmill/vector_math.hpp"

namespace gistmill::decoder::tiles {
namespace {

using c10::BFloat16;

// Native bf16 products take pairs of rows of the right side interleaved.
bool interleaved(const float*) { return false; }
bool interleaved(const BFloat16*) { return native_bf16(); }

// One row of softmax_step, out [size]. With z = scale scores and maximum' = max(maximum, z):
//   weights = exp(z - maximum')                    [width], zero from `keys` on
//   sum'    = sum exp(maximum - maximum') + sum of weights, before they are rounded
//   out'    = out exp(maximum - maximum'), to which the caller adds weights values
template <class T>
GISTMILL_INLINE void softmax_row_body(std::int64_t keys, std::int64_t width, float scale, const float* scores,
                                      T* weights, float& maximum, float& sum, float* out, std::int64_t size) {
  float top = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : top)
  for (std::int64_t i = 0; i < keys; ++i) top = scores[i] > top ? scores[i] : top;
  top *= scale;
  const float before = maximum;
  const float now = top > before ? top : before;
  float added = 0.0f;
#pragma omp simd reduction(+ : added)
  for (std::int64_t i = 0; i < keys; ++i) {
    const float weight = exponential(scores[i] * scale - now);
    put(weights[i], weight);
    added += weight;
  }
  for (std::int64_t i = keys; i < width; ++i) put(weights[i], 0.0f);
  maximum = now;
  if (now == before) {
    sum += added;
    return;
  }
  const float shrink = exponential(before - now);
  sum = sum * shrink + added;
#pragma omp simd
  for (std::int64_t i = 0; i < size; ++i) out[i] *= shrink;
}
GISTMILL_CLONES void softmax_row(std::int64_t keys, std::int64_t width, float scale, const float* scores,
                                 float* weights, float& maximum, float& sum, float* out, std::int64_t size) {
  softmax_row_body(keys, width, scale, scores, weights, maximum, sum, out, size);
}
GISTMILL_CLONES void softmax_row(std::int64_t keys, std::int64_t width, float scale, const float* scores,
                                 BFloat16* weights, float& maximum, float& sum, float* out,
                                 std::int64_t size) {
  softmax_row_body(keys, width, scale, scores, weights, maximum, sum, out, size);
}

// One row of softmax_gradient; both [kBlock].
struct GradRow {
  const float* scores;
  const float* grad_weights;
  float log_sum;
  float dot;
};

// weights = exp(scale scores - log_sum), grad_scores = scale weights (grad_weights - dot): the softmax's
// backward, dot being the sum of weights grad_weights over all keys, those of other blocks too. Zero in
// [keys, width).
template <class T>
GISTMILL_INLINE void gradient_row_body(std::int64_t keys, std::int64_t width, float scale, const GradRow& row,
                                       T* grad_scores, T* weights) {
  if (weights != nullptr) {
#pragma omp simd
    for (std::int64_t i = 0; i < keys; ++i) {
      const float weight = exponential(row.scores[i] * scale - row.log_sum);
      put(weights[i], weight);
      put(grad_scores[i], weight * (row.grad_weights[i] - row.dot) * scale);
    }
    for (std::int64_t i = keys; i < width; ++i) put(weights[i], 0.0f);
  } else {
#pragma omp simd
    for (std::int64_t i = 0; i < keys; ++i) {
      const float weight = exponential(row.scores[i] * scale - row.log_sum);
      put(grad_scores[i], weight * (row.grad_weights[i] - row.dot) * scale);
    }
  }
  for (std::int64_t i = keys; i < width; ++i) put(grad_scores[i], 0.0f);
}
GISTMILL_CLONES void gradient_row(std::int64_t keys, std::int64_t width, float scale, const GradRow& row,
                                  float* grad_scores, float* weights) {
  gradient_row_body(keys, width, scale, row, grad_scores, weights);
}
GISTMILL_CLONES void gradient_row(std::int64_t keys, std::int64_t width, float scale, const GradRow& row,
                                  BFloat16* grad_scores, BFloat16* weights) {
  gradient_row_body(keys, width, scale, row, grad_scores, weights);
}

}  // namespace

bool native_bf16() {
#if defined(__x86_64__)
  static const bool native =
      __builtin_cpu_supports("avx512bf16") != 0;  // every processor with AMX has it too
  return native;
#else
  return false;
#endif
}

void product(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t a_row,
             const float* b, std::int64_t b_row, float* c, std::int64_t c_row, bool add) {
  at::native::cpublas::brgemm(m, n, k, a_row, b_row, c_row, add, a, b, c, false);
}

void product(std::int64_t m, std::int64_t n, std::int64_t k, const BFloat16* a, std::int64_t a_row,
             const BFloat16* b, std::int64_t b_row, float* c, std::int64_t c_row, bool add) {
  at::native::cpublas::brgemm(m, n, k, a_row, b_row, c_row, add, a, b, c, native_bf16());
}

void finish_products() { at::native::cpublas::brgemm_release(native_bf16()); }

template <class T>
void pack_columns(const T* rows, std::int64_t row, std::int64_t count, std::int64_t size, std::int64_t width,
                  T* out) {
  const std::int64_t pair = interleaved(rows) ? 2 : 1;  // elements of one column that stand side by side
  for (std::int64_t i = 0; i < size; i += pair) {
    T* line = out + i * kBlock;
    for (std::int64_t j = 0; j < count; ++j) {
      for (std::int64_t p = 0; p < pair; ++p) line[j * pair + p] = rows[j * row + i + p];
    }
    std::fill(line + count * pair, line + width * pair, T(0.0f));
  }
}
template void pack_columns(const float*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, float*);
template void pack_columns(const BFloat16*, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                           BFloat16*);

template <class T>
void pack_rows(const T* rows, std::int64_t row, std::int64_t count, std::int64_t size, std::int64_t width,
               T* out) {
  const std::int64_t pair = interleaved(rows) ? 2 : 1;
  for (std::int64_t j = 0; j < width; ++j) {
    T* line = out + j / pair * pair * size + j % pair;
    for (std::int64_t i = 0; i < size; ++i) line[i * pair] = j < count ? rows[j * row + i] : T(0.0f);
  }
}
template void pack_rows(const float*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, float*);
template void pack_rows(const BFloat16*, std::int64_t, std::int64_t, std::int64_t, std::int64_t, BFloat16*);

template <class T>
void softmax_step(std::int64_t m, const Visible& visible, float scale, const float* scores, T* weights,
                  float* maximum, float* sum, float* out, std::int64_t size) {
  for (std::int64_t row = 0; row < m; ++row) {
    softmax_row(visible.of(row), padded(visible.keys), scale, scores + row * kBlock, weights + row * kBlock,
                maximum[row], sum[row], out + row * size, size);
  }
}
template void softmax_step(std::int64_t, const Visible&, float, const float*, float*, float*, float*, float*,
                           std::int64_t);
template void softmax_step(std::int64_t, const Visible&, float, const float*, BFloat16*, float*, float*,
                           float*, std::int64_t);

template <class T>
void softmax_gradient(std::int64_t m, const Visible& visible, float scale, const float* scores,
                      const float* grad_weights, const float* log_sum, const float* dot, T* grad_scores,
                      T* weights) {
  for (std::int64_t row = 0; row < m; ++row) {
    const std::int64_t at = row * kBlock;
    gradient_row(visible.of(row), padded(visible.keys), scale,
                 GradRow{scores + at, grad_weights + at, log_sum[row], dot[row]}, grad_scores + at,
                 weights != nullptr ? weights + at : nullptr);
  }
}
template void softmax_gradient(std::int64_t, const Visible&, float, const float*, const float*, const float*,
                               const float*, float*, float*);
template void softmax_gradient(std::int64_t, const Visible&, float, const float*, const float*, const float*,
                               const float*, BFloat16*, BFloat16*);

template <class T>
void transpose(const T* in, std::int64_t m, std::int64_t n, T* out) {
  const std::int64_t width = even(m);
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t i = 0; i < m; ++i) out[j * width + i] = in[i * kBlock + j];
    if (width > m) out[j * width + m] = T(0.0f);
  }
}
template void transpose(const float*, std::int64_t, std::int64_t, float*);
template void transpose(const BFloat16*, std::int64_t, std::int64_t, BFloat16*);

}  // namespace gistmill::decoder::tiles
