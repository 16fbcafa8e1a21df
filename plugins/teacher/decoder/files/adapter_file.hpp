// Low-rank adapters on disk, as PEFT keeps them: a folder of adapter_config.json and
// adapter_model.safetensors.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/adapters.hpp"
#include "plugins/teacher/decoder/files/model_plan.hpp"

namespace gistmill::decoder {

// Rows of the embedding that were trained on their own: PEFT's way to train new tokens.
struct TokenRows {
  std::vector<std::int64_t> tokens;
  at::Tensor values;  // f32[tokens, D], in place of the model's rows; undefined: these count
};

// A matrix that DoRA changes (arXiv 2402.09353): row i of W + scale * up(down) in its own direction, with a
// length of magnitude[i].
struct Decomposed {
  at::Tensor down;       // f32[r, in]
  at::Tensor up;         // f32[out, r]
  at::Tensor magnitude;  // f32[out]
  double scale = 1.0;
};

// Rows are in the order of Weights.
struct AdapterFile {
  std::vector<AdapterPart> parts;  // of every layer and target, by layer; none where it is DoRA's
  std::map<std::string, Decomposed> decomposed;  // by the model's tensor: "blk.0.attn_q.weight"
  std::map<std::string, at::Tensor> saved;       // tensors trained whole, as the file has them
  std::map<std::string, at::Tensor> replaced;    // the same by the model's tensor, whose place they take
  bool own_head = false;  // a head beside the model's tied one: in `replaced`, or the embedding as it was
  TokenRows rows;
  std::int64_t vocabulary = 0;  // V of the model
  std::int64_t rank = 0;
  double alpha = 0.0;
  bool rank_stabilized = false;
  double dropout = 0.0;
  std::string bias = "none";               // which biases lie in `saved`, as PEFT names it
  std::vector<std::string> saved_modules;  // PEFT's modules_to_save
  std::string base_model;                  // as the file says; not looked at
};

// Of a model with this configuration. Throws Error (user, "adapter") that names the file, what was found and
// what was expected: for kinds of adapters other than LoRA and DoRA, tensors that are no adapter of this
// model, and shapes that do not fit it.
AdapterFile read_adapter(const std::string& folder, const ModelPlan& plan);

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
