// A tile of the output head as the right side of products, which run in the cache of one core. On the CPU,
// f32 or bf16 factors, sums in f32.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace gistmill::loss {

// Vocabulary entries a tile.
inline constexpr std::int64_t kTileColumns = 256;

// Whether the processor multiplies bf16.
bool multiplies_bf16();

// Packs `count` head rows [count, size] as the right sides of two products; rows that do not exist are zero.
// Products of bf16 take pairs of rows of the right side interleaved, so size is even there.
//   pack_for_logits: [size, kTileColumns], their transpose    pack_for_means: [kTileColumns, size],
//   themselves
void pack_for_logits(const float* head, std::int64_t count, std::int64_t size, float* out);
void pack_for_logits(const c10::BFloat16* head, std::int64_t count, std::int64_t size, c10::BFloat16* out);
void pack_for_means(const float* head, std::int64_t count, std::int64_t size, float* out);
void pack_for_means(const c10::BFloat16* head, std::int64_t count, std::int64_t size, c10::BFloat16* out);

// c f32[rows, columns], rows result_stride apart, = a[rows, inner] b[inner, columns], plus c where `add`; b
// as packed above.
struct TileProduct {
  std::int64_t rows, columns, inner, result_stride;
};
template <class T>
void tile_product(const TileProduct& sizes, const T* a, const T* b, float* c, bool add);
// To be called by a thread behind its products of this type.
template <class T>
void release_tile_products();

}  // namespace gistmill::loss
