// Values of safetensors as floats or bf16.
#include <cstring>
#include <string>

#include <gistmill/formats/safetensors.hpp>

#include "sdk/formats/float_bits.hpp"

namespace gistmill::formats {
namespace {

// Rounded to nearest; what is too large becomes infinite. in: may be unaligned.
void floats_from_doubles(const unsigned char* in, std::uint64_t count, float* out) {
  for (std::uint64_t i = 0; i < count; ++i) {
    double value = 0.0;
    std::memcpy(&value, in + i * sizeof value, sizeof value);
    out[i] = static_cast<float>(value);
  }
}

void to_floats(SafetensorsDtype dtype, const unsigned char* in, std::uint64_t count, float* out) {
  if (dtype == SafetensorsDtype::kF16) return floats_from_half(in, count, out);
  if (dtype == SafetensorsDtype::kBF16) return floats_from_bf16(in, count, out);
  if (dtype == SafetensorsDtype::kF64) return floats_from_doubles(in, count, out);
  if (dtype == SafetensorsDtype::kF8E5M2) return floats_from_e5m2(in, count, out);
  if (dtype == SafetensorsDtype::kF8E4M3) return floats_from_e4m3(in, count, out);
  std::memcpy(out, in, count * sizeof(float));
}

}  // namespace

bool safetensors_gives_floats(SafetensorsDtype dtype) {
  switch (dtype) {
    case SafetensorsDtype::kF32:
    case SafetensorsDtype::kF16:
    case SafetensorsDtype::kBF16:
    case SafetensorsDtype::kF64:
    case SafetensorsDtype::kF8E5M2:
    case SafetensorsDtype::kF8E4M3:
      return true;
    default:
      return false;
  }
}

std::uint64_t SafetensorsTensor::row_length() const {
  return shape.empty() ? 1 : static_cast<std::uint64_t>(shape.back());
}

// No overflow: the reader took no shape whose nonzero dimensions overflow.
std::uint64_t SafetensorsTensor::rows() const {
  std::uint64_t rows = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) rows *= static_cast<std::uint64_t>(shape[i]);
  return rows;
}

std::string_view Safetensors::row_bytes(const SafetensorsTensor& tensor, std::uint64_t first,
                                        std::uint64_t count) const {
  const auto fail = [&](const std::string& message) {
    throw FormatError(name_ + ": tensor " + printable(tensor.name) + " " + message);
  };
  if (!safetensors_gives_floats(tensor.dtype)) {
    fail(std::string("is ") + safetensors_dtype_name(tensor.dtype) +
         ", expected F32, F16, BF16, F64, F8_E4M3 or F8_E5M2");
  }
  if (first > tensor.rows() || count > tensor.rows() - first) {
    fail("has " + std::to_string(tensor.rows()) + " rows, " + std::to_string(count) + " asked for from row " +
         std::to_string(first));
  }
  const std::uint64_t row = tensor.row_length() * safetensors_dtype_size(tensor.dtype);
  return tensor.data.substr(first * row, count * row);
}

void Safetensors::read_rows(const SafetensorsTensor& tensor, std::uint64_t first, std::uint64_t count,
                            float* out) const {
  const std::string_view bytes = row_bytes(tensor, first, count);
  if (bytes.empty()) return;
  to_floats(tensor.dtype, reinterpret_cast<const unsigned char*>(bytes.data()), count * tensor.row_length(),
            out);
}

void Safetensors::read_rows_bf16(const SafetensorsTensor& tensor, std::uint64_t first, std::uint64_t count,
                                 std::uint16_t* out) const {
  const std::string_view bytes = row_bytes(tensor, first, count);
  if (bytes.empty()) return;
  if (tensor.dtype == SafetensorsDtype::kBF16) {
    std::memcpy(out, bytes.data(), bytes.size());
    return;
  }
  const std::size_t size = safetensors_dtype_size(tensor.dtype);
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  bf16_by_way_of_floats(bytes.size() / size, 1, out,
                        [&](std::uint64_t begin, std::uint64_t some, float* floats) {
                          to_floats(tensor.dtype, in + begin * size, some, floats);
                        });
}

}  // namespace gistmill::formats
