// Whole numbers as the tensors that a session gives.
#pragma once

#include <cstdint>
#include <vector>

#include <gistmill/plugin.hpp>

namespace gistmill::dataset {

// i32[]
inline Tensor scalar(std::int64_t value) {
  return Tensor::of<std::int32_t>({static_cast<std::int32_t>(value)}, {});
}

// i32[N]
inline Tensor list(const std::vector<std::int32_t>& values) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size())});
}

// i32[1, N]
inline Tensor row(const std::vector<std::int32_t>& values) {
  return Tensor::of(values, {1, static_cast<std::int64_t>(values.size())});
}

}  // namespace gistmill::dataset
