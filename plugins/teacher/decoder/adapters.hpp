// What of a model trains: nothing, low-rank adapters beside its weights, or all of it. Adapters are named as
// PEFT names them: layer and target ("q_proj"), lora_A and lora_B.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plugins/teacher/decoder/weights.hpp"

namespace gistmill::decoder {

// One adapter of one layer. up's rows are in the order of Weights (adjacent pairs rotate together).
struct AdapterPart {
  std::int64_t layer = 0;
  std::string target;  // "q_proj", "down_proj"; "c_attn", "attn.c_proj" in GPT-2
  at::Tensor down;     // f32[r, in]
  at::Tensor up;       // f32[out, r]
  double scale = 1.0;
};

struct AdapterOptions {
  std::int64_t rank = 8;
  double alpha = 16.0;  // the scale is alpha / rank
  std::vector<std::string> targets;
  std::uint64_t seed = 0;
  std::vector<std::int64_t> layers = {};  // as layers_of() takes them
};

// The names of what adapters can be put on, for this family.
std::vector<std::string> adapter_targets(const Config& config);

// The layers that `asked` names, ascending: all where it is empty; from the last one where negative. Throws
// Error (user, "lora_layers") where one is none of the model's, or they are not one behind the other.
std::vector<std::int64_t> layers_of(const Config& config, const std::vector<std::int64_t>& asked);

// New adapters on the layers of `options`: `down` uniform as PEFT starts it, `up` zero, so that nothing
// changes yet. Throws Error (user, "lora_targets") where a target is none of the family's.
std::vector<AdapterPart> make_adapters(const Config& config, const AdapterOptions& options);

// Puts them into the projections they belong to. The tensors are shared: what changes them changes the model.
// Throws Error (user, "adapter") where a shape does not fit.
void attach(const std::vector<AdapterPart>& adapters, const Config& config, Weights& weights);

// Adds every adapter's product to its weight and removes the adapters. The stored matrices are not valid
// after it.
void merge_adapters(Weights& weights);

}  // namespace gistmill::decoder
