// GGUF files of tiny models for tests, right, or wrong in one place.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {

// What a file will say; tests change it before it becomes bytes.
struct GgufContent {
  using Value = std::variant<std::uint32_t, float, bool, std::string, std::vector<std::uint32_t>,
                             std::vector<bool>, std::vector<std::string>>;
  struct Tensor {
    std::vector<std::uint64_t> dims;  // ggml's order: the reverse of the shape
    std::uint32_t type = 0;           // F32
    std::string data;
  };
  std::map<std::string, Value> metadata;
  std::map<std::string, Tensor> tensors;
};

// A file of the llama architecture; rotary base 10000, unscaled.
GgufContent content_of(const Config& config, const MemorySource& source);
// What the file of this name under fixtures/families says.
GgufContent content_of_family(const std::string& name);
std::string to_bytes(const GgufContent& content);

}  // namespace gistmill::decoder::test
