#include "plugins/loss/common/head_tile.hpp"

#include <ATen/Context.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "gistmill/vector_math.hpp"

namespace gistmill::loss {
namespace {

using c10::BFloat16;

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

bool native_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

}  // namespace

bool multiplies_bf16() { return native_bf16() && at::globalContext().hasMKLDNN(); }

template <class T>
void tile_product(const TileProduct& sizes, const T* a, const T* b, float* c, bool add) {
  at::native::cpublas::brgemm(sizes.rows, sizes.columns, sizes.inner, sizes.inner, sizes.columns,
                              sizes.result_stride, add, a, b, c, std::is_same_v<T, BFloat16>);
}
template void tile_product(const TileProduct&, const float*, const float*, float*, bool);
template void tile_product(const TileProduct&, const BFloat16*, const BFloat16*, float*, bool);

template <class T>
void release_tile_products() {
  at::native::cpublas::brgemm_release(std::is_same_v<T, BFloat16>);
}
template void release_tile_products<float>();
template void release_tile_products<BFloat16>();

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

}  // namespace gistmill::loss
