// Values of GGUF tensors as floats, exactly as ggml defines them (ggml-common.h, ggml-quants.c): one loop
// over blocks a type, no decision within. Built without fused multiply-add, which would round differently.
#include <cstring>
#include <string>

#include <gistmill/formats/gguf.hpp>

#include "sdk/formats/gguf_types.hpp"

namespace gistmill::formats {
namespace {

float float_from_bits(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// IEEE half to float, exact, without branches on the class of the number: normal numbers (and infinities)
// are rescaled by a power of two, subnormal ones are built by a subtraction of exactly representable
// floats. The method of M. Dukhan's FP16.
inline float float_from_half(std::uint16_t half) {
  const std::uint32_t word = static_cast<std::uint32_t>(half) << 16;
  const std::uint32_t sign = word & 0x80000000u;
  const std::uint32_t twice = word + word;
  const float normal = float_from_bits((twice >> 4) + (0xE0u << 23)) * 0x1.0p-112f;
  const float subnormal = float_from_bits((twice >> 17) | (126u << 23)) - 0.5f;
  const float magnitude = twice < (1u << 27) ? subnormal : normal;
  std::uint32_t bits;
  std::memcpy(&bits, &magnitude, sizeof bits);
  return float_from_bits(sign | bits);
}

inline float load_half(const unsigned char* at) {
  std::uint16_t half;
  std::memcpy(&half, at, sizeof half);
  return float_from_half(half);
}

void from_f32(const unsigned char* in, std::uint64_t blocks, float* out) {
  std::memcpy(out, in, blocks * sizeof(float));
}

void from_f16(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t i = 0; i < blocks; ++i) out[i] = load_half(in + 2 * i);
}

void from_bf16(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t i = 0; i < blocks; ++i) {
    std::uint16_t high;
    std::memcpy(&high, in + 2 * i, sizeof high);
    out[i] = float_from_bits(static_cast<std::uint32_t>(high) << 16);
  }
}

// 18 bytes: scale d (half), 32 nibbles. The low nibbles are elements 0 to 15, the high ones 16 to 31.
// x = d * (q - 8)
void from_q4_0(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 18, out += 32) {
    const float d = load_half(in);
    for (int i = 0; i < 16; ++i) {
      out[i] = static_cast<float>((in[2 + i] & 0x0F) - 8) * d;
      out[i + 16] = static_cast<float>((in[2 + i] >> 4) - 8) * d;
    }
  }
}

// 20 bytes: scale d and minimum m (halves), 32 nibbles as in Q4_0.  x = d * q + m
void from_q4_1(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 20, out += 32) {
    const float d = load_half(in);
    const float m = load_half(in + 2);
    for (int i = 0; i < 16; ++i) {
      out[i] = static_cast<float>(in[4 + i] & 0x0F) * d + m;
      out[i + 16] = static_cast<float>(in[4 + i] >> 4) * d + m;
    }
  }
}

// 34 bytes: scale d (half), 32 signed bytes.  x = d * q
void from_q8_0(const unsigned char* in, std::uint64_t blocks, float* out) {
  for (std::uint64_t b = 0; b < blocks; ++b, in += 34, out += 32) {
    const float d = load_half(in);
    for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(static_cast<signed char>(in[2 + i])) * d;
  }
}

using Dequantizer = void (*)(const unsigned char*, std::uint64_t, float*);

Dequantizer dequantizer(GgufType type) {
  switch (type) {
    case GgufType::kF32:
      return from_f32;
    case GgufType::kF16:
      return from_f16;
    case GgufType::kBF16:
      return from_bf16;
    case GgufType::kQ4_0:
      return from_q4_0;
    case GgufType::kQ4_1:
      return from_q4_1;
    case GgufType::kQ8_0:
      return from_q8_0;
  }
  return nullptr;
}

}  // namespace

// Sizes as in ggml's type traits.
const GgufBlock* gguf_block(std::uint32_t type) {
  static constexpr GgufBlock kNone{nullptr, 0, 0};
  static constexpr GgufBlock kBlocks[] = {
      /*  0 */ {"F32", 1, 4},
      {"F16", 1, 2},
      {"Q4_0", 32, 18},
      {"Q4_1", 32, 20},
      /*  4 */ kNone,
      kNone,
      {"Q5_0", 32, 22},
      {"Q5_1", 32, 24},
      /*  8 */ {"Q8_0", 32, 34},
      kNone,
      {"Q2_K", 256, 84},
      {"Q3_K", 256, 110},
      /* 12 */ {"Q4_K", 256, 144},
      {"Q5_K", 256, 176},
      {"Q6_K", 256, 210},
      kNone,
      /* 16 */ {"IQ2_XXS", 256, 66},
      {"IQ2_XS", 256, 74},
      {"IQ3_XXS", 256, 98},
      {"IQ1_S", 256, 50},
      /* 20 */ {"IQ4_NL", 32, 18},
      {"IQ3_S", 256, 110},
      {"IQ2_S", 256, 82},
      {"IQ4_XS", 256, 136},
      /* 24 */ {"I8", 1, 1},
      {"I16", 1, 2},
      {"I32", 1, 4},
      {"I64", 1, 8},
      /* 28 */ {"F64", 1, 8},
      {"IQ1_M", 256, 56},
      {"BF16", 1, 2},
      kNone,
      /* 32 */ kNone,
      kNone,
      {"TQ1_0", 256, 54},
      {"TQ2_0", 256, 66},
      /* 36 */ kNone,
      kNone,
      kNone,
      {"MXFP4", 32, 17},
      /* 40 */ {"NVFP4", 64, 36},
      {"Q1_0", 128, 18},
  };
  if (type >= std::size(kBlocks) || kBlocks[type].name == nullptr) return nullptr;
  return &kBlocks[type];
}

std::string gguf_type_name(GgufType type) {
  const auto number = static_cast<std::uint32_t>(type);
  const GgufBlock* block = gguf_block(number);
  return block != nullptr ? block->name : "type " + std::to_string(number);
}

void Gguf::dequantize(const GgufTensor& tensor, float* out) const {
  dequantize_rows(tensor, 0, tensor.rows(), out);
}

void Gguf::dequantize_rows(const GgufTensor& tensor, std::uint64_t first, std::uint64_t count,
                           float* out) const {
  const Dequantizer function = dequantizer(tensor.type);
  if (function == nullptr) {
    throw FormatError(name_, tensor.offset,
                      "tensor " + printable(tensor.name) + " is " + gguf_type_name(tensor.type) +
                          ", expected F32, F16, BF16, Q4_0, Q4_1 or Q8_0");
  }
  if (first > tensor.rows() || count > tensor.rows() - first) {
    throw FormatError(name_, tensor.offset,
                      "rows " + std::to_string(first) + " to " + std::to_string(first + count) +
                          " of tensor " + printable(tensor.name) + " asked for, it has " +
                          std::to_string(tensor.rows()));
  }
  const GgufBlock& block = *gguf_block(static_cast<std::uint32_t>(tensor.type));
  const std::uint64_t blocks_a_row = tensor.row_length() / block.elements;
  if (count * blocks_a_row == 0) return;
  const char* start = bytes_.data() + tensor.offset + first * blocks_a_row * block.bytes;
  function(reinterpret_cast<const unsigned char*>(start), count * blocks_a_row, out);
}

}  // namespace gistmill::formats
