// Low-rank adapters on disk, as PEFT keeps them: a folder of adapter_config.json and
// adapter_model.safetensors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/adapters.hpp"
#include "plugins/teacher/decoder/config.hpp"

namespace gistmill::decoder {

// Rows of the embedding that were trained on their own: PEFT's way to train new tokens.
struct TokenRows {
  std::vector<std::int64_t> tokens;
  at::Tensor values;  // f32[tokens, D], in place of the model's rows
};

struct AdapterFile {
  std::vector<AdapterPart> parts;  // of every layer and target, by layer; rows in the order of Weights
  std::map<std::string, at::Tensor> replaced;  // f32[V, D] in place of token_embd.weight, output.weight
  TokenRows rows;
  std::int64_t vocabulary = 0;  // V of the model
  std::int64_t rank = 0;
  double alpha = 0.0;
  bool rank_stabilized = false;
  double dropout = 0.0;
  std::string base_model;  // as the file says; not looked at
};

// Of a model with this configuration. Throws Error (user, "adapter") that names the file, what was found and
// what was expected: for kinds of adapters other than LoRA (DoRA, biases), tensors that are no adapter of
// this model, and shapes that do not fit it.
AdapterFile read_adapter(const std::string& folder, const Config& config);

// The tensors of `source` with what the adapter puts in their place.
std::shared_ptr<const TensorSource> with_replaced(std::shared_ptr<const TensorSource> source,
                                                  const AdapterFile& adapter);

// Writes what PEFT's from_pretrained reads, in f32. The folder must not exist, or be empty; it appears whole
// or not at all. Throws Error: user where the name is taken, unavailable where the system fails; `key` names
// the option.
void write_adapter(const std::string& folder, const AdapterFile& adapter, const Config& config,
                   const std::string& key);

// Hexadecimal digest of the folder's two files.
std::string adapter_digest(const std::string& folder);

}  // namespace gistmill::decoder
