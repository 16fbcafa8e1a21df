// What this library knows of ggml's tensor types: name, elements and bytes of a block. Internal.
#pragma once

#include <cstdint>

namespace gistmill::formats {

struct GgufBlock {
  const char* name;
  std::uint32_t elements;
  std::uint32_t bytes;
};

// Null for a type that no file should hold: removed, intermediate (Q8_1, Q8_K) or unknown.
const GgufBlock* gguf_block(std::uint32_t type);
// The name of a type that ggml took out again, and that files of its time hold; null for any other.
const char* gguf_removed_type(std::uint32_t type);

}  // namespace gistmill::formats
