#include "sdk/formats/float_bits.hpp"

namespace gistmill::formats {

GISTMILL_FORMATS_CLONES
void floats_from_half(const unsigned char* in, std::uint64_t count, float* out) {
  for (std::uint64_t i = 0; i < count; ++i) out[i] = load_half(in + 2 * i);
}

GISTMILL_FORMATS_CLONES
void floats_from_bf16(const unsigned char* in, std::uint64_t count, float* out) {
  for (std::uint64_t i = 0; i < count; ++i) out[i] = float_from_bf16(load_u16(in + 2 * i));
}

GISTMILL_FORMATS_CLONES
void floats_from_e5m2(const unsigned char* in, std::uint64_t count, float* out) {
  for (std::uint64_t i = 0; i < count; ++i) out[i] = float_from_e5m2(in[i]);
}

GISTMILL_FORMATS_CLONES
void floats_from_e4m3(const unsigned char* in, std::uint64_t count, float* out) {
  for (std::uint64_t i = 0; i < count; ++i) out[i] = float_from_e4m3(in[i]);
}

GISTMILL_FORMATS_CLONES
void bf16_from_floats(const float* in, std::uint64_t count, std::uint16_t* out) {
  for (std::uint64_t i = 0; i < count; ++i) out[i] = bf16_from_float(in[i]);
}

}  // namespace gistmill::formats
