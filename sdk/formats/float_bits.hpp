// Conversions between the float types of files, without branches, so that loops over them vectorize; and the
// macro that builds such a loop for several instruction sets. Internal.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

// Builds the function three times and picks one when the program is loaded, so that one binary runs on any
// x86-64 and uses what the machine has. Sanitizers fail on the resolver; other machines have none.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define GISTMILL_FORMATS_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GISTMILL_FORMATS_CLONES
#endif

namespace gistmill::formats {

// IEEE half to float, exact: normal numbers (and infinities) are rescaled by a power of two, subnormal ones
// are built by a subtraction of exactly representable floats. The method of M. Dukhan's FP16.
[[gnu::always_inline]] inline float float_from_half(std::uint16_t half) {
  const std::uint32_t word = static_cast<std::uint32_t>(half) << 16;
  const std::uint32_t sign = word & 0x80000000u;
  const std::uint32_t twice = word + word;
  const float normal = std::bit_cast<float>((twice >> 4) + (0xE0u << 23)) * 0x1.0p-112f;
  const float subnormal = std::bit_cast<float>((twice >> 17) | (126u << 23)) - 0.5f;
  const float magnitude = twice < (1u << 27) ? subnormal : normal;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

[[gnu::always_inline]] inline float float_from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

// 8-bit floats of the OCP specification (8-bit Floating Point, revision 1.0). E5M2 is the upper byte of a
// half; E4M3 has no infinities: 0x7F and 0xFF are its NaNs.
[[gnu::always_inline]] inline float float_from_e5m2(unsigned char bits) {
  return float_from_half(static_cast<std::uint16_t>(bits << 8));
}
[[gnu::always_inline]] inline float float_from_e4m3(unsigned char bits) {
  // As a half its exponent and mantissa have a bias that is 8 less.
  const auto half = static_cast<std::uint16_t>((bits & 0x80) << 8 | (bits & 0x7F) << 7);
  const float value = float_from_half(half) * 0x1p8f;
  const std::uint32_t nan = (bits & 0x7F) == 0x7F ? 0x7FC00000u : 0u;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | nan);
}

// Rounds to nearest, ties to even. A NaN stays one, with its sign, and is quiet.
[[gnu::always_inline]] inline std::uint16_t bf16_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1)) >> 16;
  const std::uint32_t nan = bits >> 16 | 0x40u;
  return static_cast<std::uint16_t>((bits & 0x7FFFFFFFu) > 0x7F800000u ? nan : rounded);
}

[[gnu::always_inline]] inline std::uint16_t load_u16(const unsigned char* at) {
  std::uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

[[gnu::always_inline]] inline float load_half(const unsigned char* at) {
  return float_from_half(load_u16(at));
}

// The same over arrays; `in` need not be aligned.
void floats_from_half(const unsigned char* in, std::uint64_t count, float* out);
void floats_from_e5m2(const unsigned char* in, std::uint64_t count, float* out);
void floats_from_e4m3(const unsigned char* in, std::uint64_t count, float* out);
void floats_from_bf16(const unsigned char* in, std::uint64_t count, float* out);
void bf16_from_floats(const float* in, std::uint64_t count, std::uint16_t* out);

// Turns `count` things, `floats` floats each, into bf16 through a buffer that stays in the first-level cache:
// fill(first, count, out) gives the floats of things [first, first + count). `floats` is at most 1024.
template <class Fill>
void bf16_by_way_of_floats(std::uint64_t count, std::uint64_t floats, std::uint16_t* out, Fill&& fill) {
  constexpr std::uint64_t kFloats = 1024;
  float buffer[kFloats];
  const std::uint64_t at_once = kFloats / floats;
  for (std::uint64_t first = 0; first < count; first += at_once) {
    const std::uint64_t some = count - first < at_once ? count - first : at_once;
    fill(first, some, buffer);
    bf16_from_floats(buffer, some * floats, out + first * floats);
  }
}

}  // namespace gistmill::formats
