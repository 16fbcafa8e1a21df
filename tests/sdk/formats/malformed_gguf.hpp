// Reading GGUF bytes that are wrong, for tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gistmill/formats/gguf.hpp>

#include "tests/sdk/formats/gguf_builder.hpp"
#include "tests/sdk/formats/refusal.hpp"

namespace gistmill::test {

// The message with which the bytes are refused; empty where they are not.
inline std::string parsing(std::string_view bytes) {
  return refusal([&] { formats::Gguf(bytes, "x.gguf"); });
}
inline std::string parsing(const Bytes& bytes) { return parsing(bytes.str()); }

// Numbers of types in a file: of values, then of tensors.
constexpr std::uint32_t kU32 = 4, kBool = 7, kString = 8, kArray = 9;
constexpr std::uint32_t kF32 = 0, kI8 = 24;

}  // namespace gistmill::test
