#include "plugins/store/gists/codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gistmill::gists {
namespace {

constexpr float kCodes = 127;
constexpr float kNibbles = 7;
constexpr int kNibbleZero = 8;  // the code of 0; no number has code 0

// `bits` of value / 2^shift, rounded to the nearest, ties to even.
std::uint32_t shifted(std::uint32_t value, std::uint32_t shift) {
  const std::uint32_t half = 1u << (shift - 1);
  const std::uint32_t odd = (value >> shift) & 1u;
  return (value + half - 1 + odd) >> shift;
}

template <class Number, class Encode>
bool encode_each(std::size_t count, const float* values, char* stored, Encode&& one) {
  bool finite = true;
  for (std::size_t i = 0; i < count; ++i) {
    const Number number = one(values[i]);
    save(stored + i * sizeof number, number);
    finite = finite && std::isfinite(values[i]);
  }
  return finite;
}

template <class Number, class Decode>
void decode_each(std::size_t count, const char* stored, float* values, Decode&& one) {
  for (std::size_t i = 0; i < count; ++i) values[i] = one(load<Number>(stored + i * sizeof(Number)));
}

bool encode_int8(const Shape& shape, const float* values, char* stored, char* scale) {
  bool finite = true;
  for (std::uint32_t gist = 0; gist < shape.gists; ++gist) {
    float largest = 0;
    for (std::uint32_t i = 0; i < shape.width; ++i) {
      finite = finite && std::isfinite(values[i]);
      largest = std::max(largest, std::abs(values[i]));
    }
    const float step = finite ? largest / kCodes : 0;
    for (std::uint32_t i = 0; i < shape.width; ++i) {
      const float code = step > 0 ? std::clamp(std::nearbyint(values[i] / step), -kCodes, kCodes) : 0;
      save(stored + i, static_cast<std::int8_t>(code));
    }
    save(scale + gist * sizeof step, step);
    values += shape.width;
    stored += shape.width;
  }
  return finite;
}

// The smallest half with which `largest` has a code of at most 7.
std::uint16_t step_of(float largest) {
  std::uint16_t step = half_of(largest / kNibbles);
  if (float_of_half(step) * kNibbles < largest) ++step;
  return step;
}

bool encode_int4(const Shape& shape, const float* values, char* stored, char* scale) {
  bool finite = true;
  for (std::uint32_t gist = 0; gist < shape.gists; ++gist) {
    std::fill_n(stored, shape.code_bytes(), '\0');
    for (std::uint32_t first = 0; first < shape.width; first += kGroup, scale += sizeof(std::uint16_t)) {
      const std::uint32_t end = std::min(first + kGroup, shape.width);
      float largest = 0;
      for (std::uint32_t i = first; i < end; ++i) {
        finite = finite && std::isfinite(values[i]);
        largest = std::max(largest, std::abs(values[i]));
      }
      const std::uint16_t half = finite ? step_of(largest) : std::uint16_t{0};
      const float step = float_of_half(half);
      finite = finite && std::isfinite(step);
      save(scale, half);
      for (std::uint32_t i = first; i < end; ++i) {
        const float code =
            finite && step > 0 ? std::clamp(std::nearbyint(values[i] / step), -kNibbles, kNibbles) : 0;
        const auto nibble = static_cast<unsigned>(static_cast<int>(code) + kNibbleZero);
        stored[i / 2] = static_cast<char>(static_cast<unsigned char>(stored[i / 2]) | nibble << (i % 2 * 4));
      }
    }
    values += shape.width;
    stored += shape.code_bytes();
  }
  return finite;
}

void decode_int8(const Shape& shape, const char* stored, const char* scale, float* values) {
  for (std::uint32_t gist = 0; gist < shape.gists; ++gist) {
    const float step = load<float>(scale + gist * sizeof(float));
    decode_each<std::int8_t>(shape.width, stored + std::size_t{gist} * shape.width,
                             values + std::size_t{gist} * shape.width,
                             [step](std::int8_t code) { return step * static_cast<float>(code); });
  }
}

void decode_int4(const Shape& shape, const char* stored, const char* scale, float* values) {
  for (std::uint32_t gist = 0; gist < shape.gists; ++gist) {
    for (std::uint32_t i = 0; i < shape.width; ++i) {
      const float step = float_of_half(load<std::uint16_t>(scale + i / kGroup * sizeof(std::uint16_t)));
      const int nibble = (static_cast<unsigned char>(stored[i / 2]) >> (i % 2 * 4)) & 15;
      values[i] = step * static_cast<float>(nibble - kNibbleZero);
    }
    values += shape.width;
    stored += shape.code_bytes();
    scale += shape.scale_bytes();
  }
}

}  // namespace

std::uint16_t half_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) return sign | 0x7e00u;   // not a number
  if (rest >= 0x47800000u) return sign | 0x7c00u;  // 65536 and above
  if (rest < 0x33000000u) return sign;             // below half of the smallest
  if (rest >= 0x38800000u)                         // normal; a carry may make it infinite
    return static_cast<std::uint16_t>(sign | shifted(rest - 0x38000000u, 13));
  const std::uint32_t exponent = rest >> 23;
  const std::uint32_t mantissa = (rest & 0x7fffffu) | 0x800000u;
  return static_cast<std::uint16_t>(sign | shifted(mantissa, 126 - exponent));
}

float float_of_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 31u;
  const std::uint32_t mantissa = half & 0x3ffu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
  if (exponent != 0) return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float value = std::ldexp(static_cast<float>(mantissa), -24);
  return sign != 0 ? -value : value;
}

std::uint16_t bfloat_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>(shifted(bits & 0x7fffffffu, 16) | ((bits >> 16) & 0x8000u));
}

float float_of_bfloat(std::uint16_t value) { return std::bit_cast<float>(std::uint32_t{value} << 16); }

bool encode_gists(const Shape& shape, const float* values, char* stored, char* scale) {
  const std::size_t count = shape.numbers();
  switch (shape.precision) {
    case Precision::f32:
      return encode_each<float>(count, values, stored, [](float value) { return value; });
    case Precision::f16: {
      bool fits = true;
      encode_each<std::uint16_t>(count, values, stored, [&fits](float value) {
        const std::uint16_t half = half_of(value);
        fits = fits && (half & 0x7c00u) != 0x7c00u;
        return half;
      });
      return fits;
    }
    case Precision::bf16:
      return encode_each<std::uint16_t>(count, values, stored, bfloat_of);
    case Precision::int8:
      return encode_int8(shape, values, stored, scale);
    case Precision::int4:
      return encode_int4(shape, values, stored, scale);
  }
  return false;
}

void decode_gists(const Shape& shape, const char* stored, const char* scale, float* values) {
  const std::size_t count = shape.numbers();
  switch (shape.precision) {
    case Precision::f32:
      return decode_each<float>(count, stored, values, [](float value) { return value; });
    case Precision::f16:
      return decode_each<std::uint16_t>(count, stored, values, float_of_half);
    case Precision::bf16:
      return decode_each<std::uint16_t>(count, stored, values, float_of_bfloat);
    case Precision::int8:
      return decode_int8(shape, stored, scale, values);
    case Precision::int4:
      return decode_int4(shape, stored, scale, values);
  }
}

}  // namespace gistmill::gists
