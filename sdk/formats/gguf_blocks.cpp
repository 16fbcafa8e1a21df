// The types of 32 elements a block. d: scale, m: minimum, both halves; q: the integer stored for an element.
// Nibbles: the low ones of 16 bytes are elements 0 to 15, the high ones 16 to 31.
#include "sdk/formats/gguf_blocks.hpp"

#include "sdk/formats/float_bits.hpp"

namespace gistmill::formats {

// 18 bytes: d, 32 nibbles.  x = d * (q - 8)
GISTMILL_FORMATS_CLONES
void from_q4_0(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 18, out += 32) {
    const float d = load_half(in);
    for (int i = 0; i < 16; ++i) out[i] = static_cast<float>((in[2 + i] & 0x0F) - 8) * d;
    for (int i = 0; i < 16; ++i) out[i + 16] = static_cast<float>((in[2 + i] >> 4) - 8) * d;
  }
}

// 20 bytes: d, m, 32 nibbles.  x = d * q + m
GISTMILL_FORMATS_CLONES
void from_q4_1(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 20, out += 32) {
    const float d = load_half(in);
    const float m = load_half(in + 2);
    for (int i = 0; i < 16; ++i) out[i] = static_cast<float>(in[4 + i] & 0x0F) * d + m;
    for (int i = 0; i < 16; ++i) out[i + 16] = static_cast<float>(in[4 + i] >> 4) * d + m;
  }
}

// The fifth bits: bit i of 32 belongs to element i.
[[gnu::always_inline]] static inline std::uint32_t load_fifth_bits(const unsigned char* at) {
  std::uint32_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}
[[gnu::always_inline]] static inline int fifth_bit(std::uint32_t bits, int i) {
  return static_cast<int>(bits >> i & 1) << 4;
}

// 22 bytes: d, 32 fifth bits, 32 nibbles.  x = d * (q - 16)
GISTMILL_FORMATS_CLONES
void from_q5_0(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 22, out += 32) {
    const float d = load_half(in);
    const std::uint32_t high = load_fifth_bits(in + 2);
    for (int i = 0; i < 16; ++i) {
      out[i] = static_cast<float>(((in[6 + i] & 0x0F) | fifth_bit(high, i)) - 16) * d;
      out[i + 16] = static_cast<float>(((in[6 + i] >> 4) | fifth_bit(high, i + 16)) - 16) * d;
    }
  }
}

// 24 bytes: d, m, 32 fifth bits, 32 nibbles.  x = d * q + m
GISTMILL_FORMATS_CLONES
void from_q5_1(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 24, out += 32) {
    const float d = load_half(in);
    const float m = load_half(in + 2);
    const std::uint32_t high = load_fifth_bits(in + 4);
    for (int i = 0; i < 16; ++i) {
      out[i] = static_cast<float>((in[8 + i] & 0x0F) | fifth_bit(high, i)) * d + m;
      out[i + 16] = static_cast<float>((in[8 + i] >> 4) | fifth_bit(high, i + 16)) * d + m;
    }
  }
}

// 34 bytes: d, 32 signed bytes.  x = d * q
GISTMILL_FORMATS_CLONES
void from_q8_0(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 34, out += 32) {
    const float d = load_half(in);
    for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(static_cast<signed char>(in[2 + i])) * d;
  }
}

}  // namespace gistmill::formats
