// Low-rank adapters on disk, as PEFT keeps them: a folder of adapter_config.json and
// adapter_model.safetensors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/adapters.hpp"
#include "plugins/teacher/decoder/config.hpp"

namespace gistmill::decoder {

struct AdapterFile {
  std::vector<AdapterPart> parts;  // of every layer and target, by layer; rows in the order of Weights
  std::int64_t rank = 0;
  double alpha = 0.0;
  double dropout = 0.0;
  std::string base_model;  // as the file says; not looked at
};

// Of a model with this configuration. Throws Error (user, "adapter") that names the file, what was found and
// what was expected: for kinds of adapters other than plain LoRA (DoRA, biases, ranks of their own for some
// layers, trained embeddings), tensors that are no adapter of this model, and shapes that do not fit it.
AdapterFile read_adapter(const std::string& folder, const Config& config);

// Writes what PEFT's from_pretrained reads, in f32. The folder must not exist, or be empty; it appears whole
// or not at all. Throws Error: user where the name is taken, unavailable where the system fails; `key` names
// the option.
void write_adapter(const std::string& folder, const AdapterFile& adapter, const Config& config,
                   const std::string& key);

// Hexadecimal digest of the folder's two files.
std::string adapter_digest(const std::string& folder);

}  // namespace gistmill::decoder
