// The "K" types: 256 elements a block, in parts of 16 or 32 that have small scales (and minima) of their
// own, which the block's d (and m) scale once more. q: the integer stored for an element.
#include "sdk/formats/gguf_blocks.hpp"

#include "sdk/formats/float_bits.hpp"

namespace gistmill::formats {
namespace {

// Q4_K and Q5_K: 12 bytes hold eight 6-bit scales and eight 6-bit minima. The first four of each are the low
// bits of bytes 0 to 3 and 4 to 7; of the others, bytes 8 to 11 hold the low nibbles, the top bits of bytes 0
// to 7 the rest.
struct ScaleAndMinimum {
  float scale, minimum;
};
[[gnu::always_inline]] inline ScaleAndMinimum part(const unsigned char* packed, int i, float d, float m) {
  int scale, minimum;
  if (i < 4) {
    scale = packed[i] & 63;
    minimum = packed[i + 4] & 63;
  } else {
    scale = (packed[i + 4] & 0x0F) | (packed[i - 4] >> 6 << 4);
    minimum = (packed[i + 4] >> 4) | (packed[i] >> 6 << 4);
  }
  return {d * static_cast<float>(scale), m * static_cast<float>(minimum)};
}

// Q3_K: 12 bytes hold sixteen 6-bit scales, 32 too great: the low nibbles of bytes 0 to 7, then their high
// ones, are the low four bits; the pairs of bits of bytes 8 to 11 the upper two.
[[gnu::always_inline]] inline int q3_k_scale(const unsigned char* packed, int i) {
  const int low = i < 8 ? packed[i] & 0x0F : packed[i - 8] >> 4;
  const int high = packed[8 + i % 4] >> (2 * (i / 4)) & 3;
  return (low | high << 4) - 32;
}

// One part: 16 integers with one scale. Bytes are unpacked for a whole block first, since loops over bytes
// and loops over floats vectorize well apart and badly together.
[[gnu::always_inline]] inline void scaled(const signed char* q, float scale, float* out) {
  for (int l = 0; l < 16; ++l) out[l] = scale * static_cast<float>(q[l]);
}

}  // namespace

// Offsets within a block, which is 256 elements at most, are int: no product of them is too large for it.
// NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result)

// 84 bytes: 16 bytes of scale (low nibble) and minimum (high nibble), 64 bytes of four 2-bit q each, d, m.
// x = d * scale * q - m * minimum, each half of 128 elements being 4 x 32 of the same bytes' bits.
GISTMILL_FORMATS_CLONES
void from_q2_k(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 84, out += 256) {
    const float d = load_half(in + 80);
    const float m = load_half(in + 82);
    signed char q[256];
    for (int half = 0; half < 2; ++half) {
      for (int run = 0; run < 4; ++run) {
        const unsigned char* from = in + 16 + half * 32;
        signed char* to = q + half * 128 + run * 32;
        for (int l = 0; l < 32; ++l) to[l] = static_cast<signed char>(from[l] >> (2 * run) & 3);
      }
    }
    for (int i = 0; i < 16; ++i) {  // parts
      const float scale = d * static_cast<float>(in[i] & 0x0F);
      const float minimum = m * static_cast<float>(in[i] >> 4);
      for (int l = 16 * i; l < 16 * i + 16; ++l) out[l] = scale * static_cast<float>(q[l]) - minimum;
    }
  }
}

// 110 bytes: 32 bytes of third bits, 64 bytes of four 2-bit q each as in Q2_K, 12 bytes of scales, d.
// x = d * scale * (q - 4); bit i of the third bits belongs to the i-th run of 32 elements.
GISTMILL_FORMATS_CLONES
void from_q3_k(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 110) {
    const float d = load_half(in + 108);
    signed char q[256];
    for (int half = 0; half < 2; ++half) {
      for (int run = 0; run < 4; ++run) {
        const unsigned char* from = in + 32 + half * 32;
        signed char* to = q + half * 128 + run * 32;
        for (int l = 0; l < 32; ++l) {
          const int third = (in[l] >> (half * 4 + run) & 1) << 2;
          to[l] = static_cast<signed char>((from[l] >> (2 * run) & 3) + third - 4);
        }
      }
    }
    for (int i = 0; i < 16; ++i, out += 16) {
      scaled(q + 16 * i, d * static_cast<float>(q3_k_scale(in + 96, i)), out);
    }
  }
}

// 144 bytes: d, m, 12 bytes of scales and minima, 128 bytes of nibbles: of each 32 bytes, the low ones are
// one part of 32, the high ones the next.  x = d * scale * q - m * minimum
GISTMILL_FORMATS_CLONES
void from_q4_k(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 144) {
    const float d = load_half(in);
    const float m = load_half(in + 2);
    const unsigned char* q = in + 16;
    for (int i = 0; i < 8; i += 2, q += 32, out += 64) {
      const ScaleAndMinimum low = part(in + 4, i, d, m);
      const ScaleAndMinimum high = part(in + 4, i + 1, d, m);
      for (int l = 0; l < 32; ++l) out[l] = low.scale * static_cast<float>(q[l] & 0x0F) - low.minimum;
      for (int l = 0; l < 32; ++l) out[32 + l] = high.scale * static_cast<float>(q[l] >> 4) - high.minimum;
    }
  }
}

// 176 bytes: as Q4_K, with 32 bytes of fifth bits before the nibbles: bit i of them belongs to part i.
GISTMILL_FORMATS_CLONES
void from_q5_k(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 176) {
    const float d = load_half(in);
    const float m = load_half(in + 2);
    const unsigned char* fifth = in + 16;
    const unsigned char* q = in + 48;
    for (int i = 0; i < 8; i += 2, q += 32, out += 64) {
      const ScaleAndMinimum low = part(in + 4, i, d, m);
      const ScaleAndMinimum high = part(in + 4, i + 1, d, m);
      for (int l = 0; l < 32; ++l) {
        const int value = (q[l] & 0x0F) | (fifth[l] >> i & 1) << 4;
        out[l] = low.scale * static_cast<float>(value) - low.minimum;
      }
      for (int l = 0; l < 32; ++l) {
        const int value = q[l] >> 4 | (fifth[l] >> (i + 1) & 1) << 4;
        out[32 + l] = high.scale * static_cast<float>(value) - high.minimum;
      }
    }
  }
}

// 210 bytes: 128 bytes of low nibbles, 64 bytes of four upper pairs of bits each, 16 signed scales, d.
// x = d * scale * (q - 32). Each half of 128 elements is 4 x 32: the low nibbles of 32 bytes, of the next 32,
// the high nibbles of the first, of the second; its upper bits are the four pairs of one run of 32 bytes.
GISTMILL_FORMATS_CLONES
void from_q6_k(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 210) {
    const float d = load_half(in + 208);
    signed char q[256];
    for (int half = 0; half < 2; ++half) {
      for (int run = 0; run < 4; ++run) {
        const unsigned char* low = in + half * 64 + run % 2 * 32;
        const unsigned char* high = in + 128 + half * 32;
        signed char* to = q + half * 128 + run * 32;
        for (int l = 0; l < 32; ++l) {
          const int value = (low[l] >> (run / 2 * 4) & 0x0F) | (high[l] >> (2 * run) & 3) << 4;
          to[l] = static_cast<signed char>(value - 32);
        }
      }
    }
    for (int i = 0; i < 16; ++i, out += 16) {
      scaled(q + 16 * i, d * static_cast<float>(static_cast<signed char>(in[192 + i])), out);
    }
  }
}

// NOLINTEND(bugprone-implicit-widening-of-multiplication-result)

}  // namespace gistmill::formats
