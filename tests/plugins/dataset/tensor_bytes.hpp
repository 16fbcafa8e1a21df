// What a port of bytes, u8[B], holds.
#pragma once

#include <cstdint>
#include <string>

#include <gistmill/plugin/tensor.hpp>

namespace gistmill::test {

inline std::string bytes(const Tensor& tensor) {
  const auto* data = tensor.data<std::uint8_t>();
  return {data, data + tensor.size()};
}

}  // namespace gistmill::test
