// Values of GGUF tensors as floats: which function does it, and over which bytes.
#include <cstring>
#include <string>

#include <gistmill/formats/gguf.hpp>

#include "sdk/formats/float_bits.hpp"
#include "sdk/formats/gguf_blocks.hpp"
#include "sdk/formats/gguf_types.hpp"

namespace gistmill::formats {
namespace {

void from_f32(const unsigned char* in, std::uint64_t count, float* out) {
  std::memcpy(out, in, count * sizeof(float));
}

// Null for a type that this library cannot dequantize.
Dequantizer* dequantizer(GgufType type) {
  switch (type) {
    case GgufType::kF32:
      return from_f32;
    case GgufType::kF16:
      return floats_from_half;
    case GgufType::kBF16:
      return floats_from_bf16;
    case GgufType::kQ4_0:
      return from_q4_0;
    case GgufType::kQ4_1:
      return from_q4_1;
    case GgufType::kQ5_0:
      return from_q5_0;
    case GgufType::kQ5_1:
      return from_q5_1;
    case GgufType::kQ8_0:
      return from_q8_0;
    case GgufType::kQ2_K:
      return from_q2_k;
    case GgufType::kQ3_K:
      return from_q3_k;
    case GgufType::kQ4_K:
      return from_q4_k;
    case GgufType::kQ5_K:
      return from_q5_k;
    case GgufType::kQ6_K:
      return from_q6_k;
    case GgufType::kIQ4_NL:
      return from_iq4_nl;
    case GgufType::kIQ4_XS:
      return from_iq4_xs;
    case GgufType::kTQ1_0:
      return from_tq1_0;
    case GgufType::kTQ2_0:
      return from_tq2_0;
    case GgufType::kMXFP4:
      return from_mxfp4;
  }
  return nullptr;
}

}  // namespace

bool gguf_dequantizes(GgufType type) { return dequantizer(type) != nullptr; }

void Gguf::dequantize(const GgufTensor& tensor, float* out) const {
  dequantize_rows(tensor, 0, tensor.rows(), out);
}

std::string_view Gguf::row_bytes(const GgufTensor& tensor, std::uint64_t first, std::uint64_t count) const {
  if (!gguf_dequantizes(tensor.type)) {
    throw FormatError(name_, tensor.offset,
                      "tensor " + printable(tensor.name) + " is " + gguf_type_name(tensor.type) +
                          ", expected " + kGgufDequantizedTypes);
  }
  if (first > tensor.rows() || count > tensor.rows() - first) {
    throw FormatError(name_, tensor.offset,
                      std::to_string(count) + " rows from row " + std::to_string(first) + " of tensor " +
                          printable(tensor.name) + " asked for, it has " + std::to_string(tensor.rows()));
  }
  const GgufBlock& block = *gguf_block(static_cast<std::uint32_t>(tensor.type));
  const std::uint64_t row = tensor.row_length() / block.elements * block.bytes;
  return bytes_.substr(tensor.offset + first * row, count * row);
}

void Gguf::dequantize_rows(const GgufTensor& tensor, std::uint64_t first, std::uint64_t count,
                           float* out) const {
  const std::string_view bytes = row_bytes(tensor, first, count);
  if (bytes.empty()) return;
  const std::uint64_t blocks = bytes.size() / gguf_block(static_cast<std::uint32_t>(tensor.type))->bytes;
  dequantizer(tensor.type)(reinterpret_cast<const unsigned char*>(bytes.data()), blocks, out);
}

void Gguf::dequantize_rows_bf16(const GgufTensor& tensor, std::uint64_t first, std::uint64_t count,
                                std::uint16_t* out) const {
  const std::string_view bytes = row_bytes(tensor, first, count);
  if (bytes.empty()) return;
  if (tensor.type == GgufType::kBF16) {
    std::memcpy(out, bytes.data(), bytes.size());
    return;
  }
  const GgufBlock& block = *gguf_block(static_cast<std::uint32_t>(tensor.type));
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  Dequantizer* function = dequantizer(tensor.type);
  bf16_by_way_of_floats(bytes.size() / block.bytes, block.elements, out,
                        [&](std::uint64_t begin, std::uint64_t blocks, float* floats) {
                          function(in + begin * block.bytes, blocks, floats);
                        });
}

}  // namespace gistmill::formats
