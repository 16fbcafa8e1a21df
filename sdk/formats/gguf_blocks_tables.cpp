// Types whose stored integers stand for unevenly spaced numbers (IQ4, MXFP4), or for -1, 0 and 1 (TQ). d: the
// block's scale; q: the integer stored for an element.
#include "sdk/formats/gguf_blocks.hpp"

#include <bit>

#include "sdk/formats/float_bits.hpp"

namespace gistmill::formats {
namespace {

// ggml-common.h: kvalues_iq4nl, and kvalues_mxfp4, the numbers of E2M1 (OCP Microscaling Formats 1.0)
// doubled.
constexpr float kIq4[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
constexpr float kE2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// 16 bytes of nibbles: the low ones are elements 0 to 15, the high ones 16 to 31.
[[gnu::always_inline]] inline void by_table(const unsigned char* q, const float* table, float scale,
                                            float* out) {
  for (int i = 0; i < 16; ++i) out[i] = scale * table[q[i] & 0x0F];
  for (int i = 0; i < 16; ++i) out[i + 16] = scale * table[q[i] >> 4];
}

// Half of 2^(e - 127), as the numbers of the table are doubled.
[[gnu::always_inline]] inline float half_of_power(std::uint32_t e) {
  return std::bit_cast<float>(e < 2 ? 0x00200000u << e : (e - 1) << 23);
}

// Digit `place` of a byte that holds five digits to the base 3 as a fraction of 256: -1, 0 or 1.
[[gnu::always_inline]] inline float ternary(unsigned char byte, int place) {
  constexpr unsigned char kPowers[] = {1, 3, 9, 27, 81};
  const auto shifted = static_cast<unsigned char>(byte * kPowers[place]);
  return static_cast<float>((shifted * 3 >> 8) - 1);
}

}  // namespace

// Offsets within a block, which is 256 elements at most, are int: no product of them is too large for it.
// NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result)

// 18 bytes: d, 32 nibbles.  x = d * table[q]
void from_iq4_nl(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 18, out += 32) by_table(in + 2, kIq4, load_half(in), out);
}

// 136 bytes: d, 2 bytes with the upper two bits of eight scales, 4 with their low nibbles, 128 bytes of
// nibbles, 16 for each part of 32.  x = d * (scale - 32) * table[q]
void from_iq4_xs(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 136) {
    const float d = load_half(in);
    const std::uint16_t upper = load_u16(in + 2);
    for (int i = 0; i < 8; ++i, out += 32) {
      const int low = in[4 + i / 2] >> (i % 2 * 4) & 0x0F;
      const int scale = (low | (upper >> (2 * i) & 3) << 4) - 32;
      by_table(in + 8 + i * 16, kIq4, d * static_cast<float>(scale), out);
    }
  }
}

// 54 bytes: 48 of five elements each, 4 of four, d.  x = d * q. The elements of one byte lie a run apart: of
// the first 32 bytes 32, of the next 16 bytes 16, of the last 4 bytes 4.
void from_tq1_0(const unsigned char* in, std::uint64_t blocks, float* out) {
  struct Run {
    int first, bytes, places;
  };
  constexpr Run kRuns[] = {{0, 32, 5}, {32, 16, 5}, {48, 4, 4}};
  for (std::uint64_t b = 0; b < blocks; ++b, in += 54) {
    const float d = load_half(in + 52);
    for (const Run& run : kRuns) {
      for (int place = 0; place < run.places; ++place) {
        for (int i = 0; i < run.bytes; ++i) *out++ = d * ternary(in[run.first + i], place);
      }
    }
  }
}

// 66 bytes: 64 of four elements each, d.  x = d * (q - 1), each half of 128 elements being 4 x 32 of the same
// 32 bytes' bits.
GISTMILL_FORMATS_CLONES
void from_tq2_0(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 66) {
    const float d = load_half(in + 64);
    for (int run = 0; run < 8; ++run, out += 32) {
      const unsigned char* from = in + run / 4 * 32;
      for (int i = 0; i < 32; ++i) out[i] = d * static_cast<float>((from[i] >> (run % 4 * 2) & 3) - 1);
    }
  }
}

// 17 bytes: the exponent e of a power of two, 32 nibbles.  x = 2^(e - 128) * table[q]
void from_mxfp4(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 17, out += 32) {
    by_table(in + 1, kE2m1, half_of_power(in[0]), out);
  }
}

// NOLINTEND(bugprone-implicit-widening-of-multiplication-result)

}  // namespace gistmill::formats
