// Under which name, and in which form, a Hugging Face checkpoint keeps a tensor of this folder's model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/teacher/decoder/config.hpp"

namespace gistmill::decoder {

struct FileTensor {
  std::string name;         // in full, as transformers writes it: "model.layers.0.self_attn.q_proj.weight"
  bool transposed = false;  // stored [in, out], as GPT-2's Conv1D does
  std::int64_t part = 0;    // which part of `parts` fused outputs: GPT-2's queries, keys and values
  std::int64_t parts = 1;
  bool less_one = false;  // stored less 1, as Gemma's norms are
};

// name: of tensors_of() (layout.hpp).
FileTensor hugging_face_tensor(const Config& config, const std::string& name);

// "model." or "transformer.": what stands before every name but the head's, and is left out in checkpoints of
// the model without its head.
std::string hugging_face_prefix(const Config& config);

// Buffers that older versions saved along, and that any version computes again.
bool is_harmless_tensor(const Config& config, const std::string& name);

// Whether a tensor of a checkpoint whose names begin with `prefix` (hugging_face_prefix(), or "") would
// belong to the model or its head, whatever it is.
bool is_within_model(const Config& config, const std::string& prefix, std::string_view name);

}  // namespace gistmill::decoder
