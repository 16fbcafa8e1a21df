// Which matrices of a model adapters stand beside, by PEFT's names and by this folder's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/config.hpp"

namespace gistmill::decoder {

struct Module {
  std::string target;                // PEFT's name: "q_proj", "attn.c_attn"
  std::vector<std::string> tensors;  // whose rows it holds, one under the other: "attn_q"
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::int64_t heads = 0;  // whose rows rotate; 0: none do
};

std::vector<Module> adapter_modules(const Config& config);

// In full, without PEFT's wrapper: "model.layers.3.self_attn.q_proj".
std::string module_name(const Config& config, std::int64_t layer, const Module& module);

}  // namespace gistmill::decoder
