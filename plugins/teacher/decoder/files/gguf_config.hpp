// What the metadata of a GGUF file says of a model's computation. A key of the architecture that is not known
// is refused: it could change the result (gguf_keys.hpp).
#pragma once

#include <gistmill/formats/gguf_parts.hpp>

#include "plugins/teacher/decoder/files/layout.hpp"

namespace gistmill::decoder {

// Reads metadata, the embedding's shape and which optional tensors there are. Throws Error (user) or
// FormatError that names the file and the key. Sizes are not checked against each other: complete() does
// that.
ModelPlan read_gguf_plan(const formats::GgufParts& files);

// Whether the file keeps the rows of rotated heads half-split (rotary.hpp): a rule of the architecture, which
// no key states (llama.cpp: llama_model_rope_type).
bool gguf_is_half_split(const Config& config);

}  // namespace gistmill::decoder
