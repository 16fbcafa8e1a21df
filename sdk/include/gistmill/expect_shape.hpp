// Shape comments that a program can check: at the entry of a function, expect_shape(hidden, {B, T, D},
// "hidden"). For what the code around it has made sure of; what a user can get wrong is refused in every
// build. Compiled to nothing where NDEBUG is defined, as a release has it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "gistmill/plugin/values.hpp"

namespace gistmill::torch {

constexpr std::int64_t kAnySize = -1;  // a dimension of any size

namespace shape_check {

inline std::string shape_text(at::IntArrayRef sizes) {
  std::string text;
  for (const std::int64_t size : sizes) {
    text += (text.empty() ? "" : ", ") + (size == kAnySize ? "any" : std::to_string(size));
  }
  return "[" + text + "]";
}

inline void check_shape(const at::Tensor& tensor, at::IntArrayRef expected, const char* name) {
  bool fits = tensor.defined() && tensor.dim() == static_cast<std::int64_t>(expected.size());
  for (std::size_t i = 0; fits && i < expected.size(); ++i) {
    fits = expected[i] == kAnySize || tensor.sizes()[i] == expected[i];
  }
  if (fits) return;
  const std::string found = tensor.defined() ? shape_text(tensor.sizes()) : "undefined";
  throw Error(GM_ERROR_INTERNAL,
              std::string(name) + " is " + found + " when it should be " + shape_text(expected));
}

}  // namespace shape_check

// Two namespaces: one program may link files of both kinds, and each keeps its own.
#ifdef NDEBUG
inline namespace unchecked_shapes {
inline void expect_shape(const at::Tensor&, std::initializer_list<std::int64_t>, const char*) {}
}  // namespace unchecked_shapes
#else
inline namespace checked_shapes {
// Throws Error (internal): "hidden is [2, 3, 8] when it should be [2, 3, 16]". A tensor that is undefined has
// no shape: ask first where it may be.
inline void expect_shape(const at::Tensor& tensor, std::initializer_list<std::int64_t> expected,
                         const char* name) {
  shape_check::check_shape(tensor, at::IntArrayRef(expected.begin(), expected.size()), name);
}
}  // namespace checked_shapes
#endif

}  // namespace gistmill::torch
