// The pieces of blocked attention: packed blocks of keys, one matrix product, one softmax step and its
// gradient, all on a tile that stays in the cache of one core. What is attended to is attention.cpp's affair.
#pragma once

#include <c10/util/BFloat16.h>

#include <algorithm>
#include <cstdint>
#include <memory>

namespace gistmill::decoder::tiles {

// Keys a block: scores of 256 x 256 f32, their two copies in the compute type and the packed keys and values
// fit a second-level cache of 1 MiB.
constexpr std::int64_t kBlock = 256;
// Rows of a tile: text rows times the query heads that share one key head.
constexpr std::int64_t kTileRows = 256;

// The width in which a product handles `count` keys: few widths, so that few kernels are generated.
constexpr std::int64_t padded(std::int64_t count) { return (count + 31) / 32 * 32; }
constexpr std::int64_t even(std::int64_t count) { return (count + 1) / 2 * 2; }

template <class T>
std::unique_ptr<T[]> buffer(std::int64_t count) {
  return std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(count));
}

// Whether this processor multiplies bf16 by instructions of its own.
bool native_bf16();

// c[m, n] = a[m, k] b[k, n], plus c where `add`; b is packed. f32 sums. k is even.
void product(std::int64_t m, std::int64_t n, std::int64_t k, const float* a, std::int64_t a_row,
             const float* b, std::int64_t b_row, float* c, std::int64_t c_row, bool add);
void product(std::int64_t m, std::int64_t n, std::int64_t k, const c10::BFloat16* a, std::int64_t a_row,
             const c10::BFloat16* b, std::int64_t b_row, float* c, std::int64_t c_row, bool add);

// To be called by every thread that ran products, when it is done: some units need to be released.
void finish_products();

// Packs `count` rows [count, size], `row` elements apart, as the right side of a product:
//   pack_columns: their transpose, [size, kBlock], columns count..width zero
//   pack_rows: as they are, [width, size], rows count..width zero
// `width` is even and at least `count`. `out` holds size * kBlock, or width * size elements.
template <class T>
void pack_columns(const T* rows, std::int64_t row, std::int64_t count, std::int64_t size, std::int64_t width,
                  T* out);
template <class T>
void pack_rows(const T* rows, std::int64_t row, std::int64_t count, std::int64_t size, std::int64_t width,
               T* out);

// Which keys of a block a tile's rows see: row r (of `group` consecutive rows m) the first
// clamp(first + r, 0, keys) of them. Without causality `first` is `keys`.
struct Visible {
  std::int64_t keys = 0;
  std::int64_t first = 0;
  std::int64_t group = 1;

  std::int64_t of(std::int64_t m) const { return std::clamp<std::int64_t>(first + m / group, 0, keys); }
};

// One step of a running softmax over blocks of keys. scores f32[m, kBlock], unscaled -> weights, relative to
// the running maximum, compute[m, kBlock], zero where not visible up to padded(keys); maximum and sum f32[m]
// are updated, out f32[m, size] is rescaled to the new maximum.
template <class T>
void softmax_step(std::int64_t m, const Visible& visible, float scale, const float* scores, T* weights,
                  float* maximum, float* sum, float* out, std::int64_t size);

// scores and grad_weights f32[m, kBlock], log_sum and dot f32[m] (dot: grad_out . out) -> gradient of the
// unscaled scores compute[m, kBlock], and the weights where the pointer is not null; zero where not visible.
template <class T>
void softmax_gradient(std::int64_t m, const Visible& visible, float scale, const float* scores,
                      const float* grad_weights, const float* log_sum, const float* dot, T* grad_scores,
                      T* weights);

// in [m, kBlock], columns [0, n) -> out [n, even(m)], the added column zero.
template <class T>
void transpose(const T* in, std::int64_t m, std::int64_t n, T* out);

}  // namespace gistmill::decoder::tiles
