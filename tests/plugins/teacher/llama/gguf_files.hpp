// GGUF files of tiny models for tests, right, or wrong in one place.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "tests/plugins/teacher/llama/small_models.hpp"

namespace gistmill::llama::test {

// What a file will say; tests change it before it becomes bytes.
struct GgufContent {
  using Value = std::variant<std::uint32_t, float, std::string>;
  struct Tensor {
    std::vector<std::uint64_t> dims;  // ggml's order: the reverse of the shape
    std::uint32_t type = 0;           // F32
    std::string data;
  };
  std::map<std::string, Value> metadata;
  std::map<std::string, Tensor> tensors;
};

GgufContent content_of(const Config& config, const MemorySource& source);
std::string to_bytes(const GgufContent& content);

}  // namespace gistmill::llama::test
