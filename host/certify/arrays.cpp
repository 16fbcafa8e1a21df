// See arrays.hpp.
#include "host/certify/arrays.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

namespace gistmill {

namespace {

float from_bf16(std::uint16_t bits) {
  const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
  float value = 0;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

float from_f16(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  const float sign = (bits & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 31) return mantissa != 0 ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(mantissa), -24);
  return sign * std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
}

std::uint16_t to_bf16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

template <class T>
const unsigned char* bytes_of(const Tensor& array, std::int64_t index) {
  return reinterpret_cast<const unsigned char*>(array.data<T>() + index);
}

const unsigned char* at(const Tensor& array, std::int64_t index) {
  switch (const gm_dtype dtype = array.dtype(); dtype.code * 100 + dtype.bits) {
    case GM_FLOAT * 100 + 32:
      return bytes_of<float>(array, index);
    case GM_FLOAT * 100 + 64:
      return bytes_of<double>(array, index);
    case GM_INT * 100 + 32:
      return bytes_of<std::int32_t>(array, index);
    case GM_UINT * 100 + 8:
      return bytes_of<std::uint8_t>(array, index);
    default:
      break;
  }
  // Others have no C++ type, or are rare: by a handle on the same memory.
  gm_tensor* const handle = array.share();
  const auto* const first = static_cast<const unsigned char*>(handle->data) + handle->byte_offset;
  handle->deleter(handle);
  return first + index * (array.dtype().bits / 8);
}

template <class T>
double read(const unsigned char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return static_cast<double>(value);
}

template <class T>
void write(unsigned char* to, double value) {
  const T rounded = static_cast<T>(value);
  std::memcpy(to, &rounded, sizeof rounded);
}

struct Gapped {
  gm_tensor tensor{};
  std::vector<std::int64_t> shape, strides;
  std::vector<unsigned char> memory;
};

}  // namespace

bool is_floating(const Tensor& array) {
  return array && (array.dtype().code == GM_FLOAT || array.dtype().code == GM_BFLOAT);
}

double element(const Tensor& array, std::int64_t index) {
  const unsigned char* const from = at(array, index);
  const gm_dtype dtype = array.dtype();
  if (dtype.code == GM_FLOAT && dtype.bits == 64) return read<double>(from);
  if (dtype.code == GM_FLOAT && dtype.bits == 32) return static_cast<double>(read<float>(from));
  std::uint16_t half = 0;
  if (dtype.bits == 16) std::memcpy(&half, from, sizeof half);
  if (dtype.code == GM_BFLOAT) return static_cast<double>(from_bf16(half));
  if (dtype.code == GM_FLOAT) return static_cast<double>(from_f16(half));
  if (dtype.bits == 64) return read<std::int64_t>(from);
  if (dtype.bits == 32) return read<std::int32_t>(from);
  return read<std::uint8_t>(from);
}

void set_element(Tensor& array, std::int64_t index, double value) {
  auto* const to = const_cast<unsigned char*>(at(array, index));
  const gm_dtype dtype = array.dtype();
  if (dtype.code == GM_FLOAT && dtype.bits == 64) return write<double>(to, value);
  if (dtype.code == GM_FLOAT && dtype.bits == 32) return write<float>(to, value);
  if (dtype.code == GM_BFLOAT) {
    const std::uint16_t half = to_bf16(static_cast<float>(value));
    std::memcpy(to, &half, sizeof half);
    return;
  }
  if (dtype.bits == 64) return write<std::int64_t>(to, value);
  if (dtype.bits == 32) return write<std::int32_t>(to, value);
  if (dtype.bits == 8) return write<std::uint8_t>(to, value);
}

std::vector<double> elements(const Tensor& array) {
  std::vector<double> all(static_cast<std::size_t>(array.size()));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = element(array, static_cast<std::int64_t>(i));
  return all;
}

Tensor copy_of(const Tensor& array) {
  if (!array) return {};
  Tensor copy = Tensor::zeros(array.dtype(), array.shape());
  std::memcpy(const_cast<unsigned char*>(at(copy, 0)), at(array, 0),
              static_cast<std::size_t>(array.size()) * (array.dtype().bits / 8));
  return copy;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (static_cast<bool>(a) != static_cast<bool>(b)) return false;
  if (!a) return true;
  if (a.shape() != b.shape() || a.dtype().code != b.dtype().code || a.dtype().bits != b.dtype().bits)
    return false;
  return std::memcmp(at(a, 0), at(b, 0), static_cast<std::size_t>(a.size()) * (a.dtype().bits / 8)) == 0;
}

std::string difference_of(const Tensor& before, const Tensor& after) {
  if (same_bits(before, after)) return "";
  if (!before || !after) return before ? "is there and then not" : "is not there and then is";
  if (before.shape() != after.shape()) return "has another shape";
  for (std::int64_t i = 0; i < before.size(); ++i) {
    const double a = element(before, i), b = element(after, i);
    if (a != b && !(std::isnan(a) && std::isnan(b)))
      return fmt::format("element {} is {} and then {}", i, a, b);
  }
  return "has other bits";
}

std::optional<std::int64_t> first_not_finite(const Tensor& array) {
  for (std::int64_t i = 0; is_floating(array) && i < array.size(); ++i) {
    if (!std::isfinite(element(array, i))) return i;
  }
  return std::nullopt;
}

gm_tensor* share_with_gaps(const Tensor& array) {
  auto* const made = new Gapped;
  made->shape = array.shape();
  made->strides.resize(made->shape.size());
  std::int64_t stride = 2;
  for (std::size_t i = made->shape.size(); i-- > 0;) {
    made->strides[i] = stride;
    stride = stride * made->shape[i] + 1;
  }
  const std::size_t width = array.dtype().bits / 8;
  made->memory.assign((static_cast<std::size_t>(stride) + 1) * width, 0x5a);
  std::vector<std::int64_t> index(made->shape.size(), 0);
  for (std::int64_t n = 0; n < array.size(); ++n) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < index.size(); ++i) offset += index[i] * made->strides[i];
    std::memcpy(made->memory.data() + static_cast<std::size_t>(offset) * width, at(array, n), width);
    for (std::size_t i = index.size(); i-- > 0;) {
      if (++index[i] < made->shape[i]) break;
      index[i] = 0;
    }
  }
  gm_tensor& tensor = made->tensor;
  tensor.major = GM_DLPACK_MAJOR;
  tensor.minor = GM_DLPACK_MINOR;
  tensor.manager_ctx = made;
  tensor.deleter = [](gm_tensor* self) { delete static_cast<Gapped*>(self->manager_ctx); };
  tensor.data = made->memory.data();
  tensor.device_type = GM_DEVICE_CPU;
  tensor.ndim = static_cast<std::int32_t>(made->shape.size());
  tensor.dtype = array.dtype();
  tensor.shape = made->shape.data();
  tensor.strides = made->strides.data();
  return &tensor;
}

}  // namespace gistmill
