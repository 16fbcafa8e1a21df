// The numbers of a gist in the precisions of a store. Halves are rounded to the nearest, ties to even.
#pragma once

#include <cstddef>
#include <cstdint>

#include "plugins/store/gists/layout.hpp"

namespace gistmill::gists {

std::uint16_t half_of(float value);  // IEEE binary16; too large a value becomes infinite
float float_of_half(std::uint16_t half);
std::uint16_t bfloat_of(float value);
float float_of_bfloat(std::uint16_t value);

// values: f32[G, D] -> stored: as a row has them, code_bytes() a gist; scale: scale_bytes() a gist. int8: the
// largest of a gist is 127 times its scale. int4: of each kGroup numbers the largest is 7 times the scale of
// the group, a half; codes of -7 to 7 stand as 1 to 15, two a byte, the first in the lower half. True where
// every number of it is finite in that precision.
bool encode_gists(const Shape& shape, const float* values, char* stored, char* scale);
void decode_gists(const Shape& shape, const char* stored, const char* scale, float* values);

}  // namespace gistmill::gists
