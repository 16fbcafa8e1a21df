// What row loops of plugins share: elements as f32, an exponential that compilers vectorize, and the macro
// that builds a loop for several instruction sets. Not a vector library: plain loops over plain floats.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>
#include <cstring>

// Builds the function three times and picks one when the library is loaded, so that one binary runs on any
// x86-64 and uses what the machine has. Sanitizers fail on the resolver; other machines have none.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define GISTMILL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GISTMILL_CLONES
#endif

#define GISTMILL_INLINE [[gnu::always_inline]] inline

namespace gistmill {

// std::bit_cast, which C++17 lacks.
template <class To, class From>
GISTMILL_INLINE To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

GISTMILL_INLINE float as_float(float value) { return value; }
GISTMILL_INLINE float as_float(c10::BFloat16 value) {
  return bits_as<float>(static_cast<std::uint32_t>(value.x) << 16);
}

// Rounds to nearest, ties to even. Without the branch for NaN of c10, which stops vectorization: a NaN that
// arithmetic makes has a mantissa that the rounding cannot carry out of.
GISTMILL_INLINE void put(float& place, float value) { place = value; }
GISTMILL_INLINE void put(c10::BFloat16& place, float value) {
  const auto bits = bits_as<std::uint32_t>(value);
  place.x = static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// exp(x), relative error below 2e-7 (Cephes' polynomial); x is clamped to [-87, 88].
GISTMILL_INLINE float exponential(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  const float shifted = x * 1.44269504088896341f + kRound;
  const float power = shifted - kRound;
  const float r = (x - power * 0.693359375f) + power * 2.12194440e-4f;
  float y = 1.9875691500e-4f;
  y = y * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * r * r + r + 1.0f;
  return bits_as<float>(bits_as<std::uint32_t>(y) + (bits_as<std::uint32_t>(shifted) << 23));
}

}  // namespace gistmill
