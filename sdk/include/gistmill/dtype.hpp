// The element types of tensors: what each is called, and what it is in DLPack and in safetensors. The only
// table of them; a type added here is known to manifests, the host, its cache and its checkpoints.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "gistmill/tensor.h"

namespace gistmill {

struct Dtype {
  std::string_view name;         // as port types spell it: "f32", "bf16", "i32"
  gm_dtype code;                 // DLPack's
  std::string_view safetensors;  // its name there
  bool is_float;                 // may carry a gradient
  bool fits_float;               // goes with ports of the type "float"

  constexpr std::size_t bytes() const { return code.bits / 8u; }  // of an element
};

inline constexpr std::array<Dtype, 8> kDtypes = {{
    {"f64", {GM_FLOAT, 64, 1}, "F64", true, false},
    {"f32", {GM_FLOAT, 32, 1}, "F32", true, true},
    {"bf16", {GM_BFLOAT, 16, 1}, "BF16", true, true},
    {"f16", {GM_FLOAT, 16, 1}, "F16", true, true},
    {"i64", {GM_INT, 64, 1}, "I64", false, false},
    {"i32", {GM_INT, 32, 1}, "I32", false, false},
    {"u8", {GM_UINT, 8, 1}, "U8", false, false},
    {"bool", {GM_BOOL, 8, 1}, "BOOL", false, false},
}};

// Null where there is none.
constexpr const Dtype* find_dtype(std::string_view name) {
  for (const Dtype& dtype : kDtypes) {
    if (dtype.name == name) return &dtype;
  }
  return nullptr;
}

constexpr const Dtype* find_dtype(gm_dtype code) {
  for (const Dtype& dtype : kDtypes) {
    if (dtype.code.code == code.code && dtype.code.bits == code.bits && code.lanes == 1) return &dtype;
  }
  return nullptr;
}

}  // namespace gistmill
