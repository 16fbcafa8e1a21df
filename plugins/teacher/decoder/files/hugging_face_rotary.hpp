// Rotary positions in a config.json: rope_theta and rope_scaling, or rope_parameters, which holds both
// (transformers 5).
#pragma once

#include "plugins/teacher/decoder/files/json_object.hpp"
#include "plugins/teacher/decoder/files/rotary.hpp"

namespace gistmill::decoder {

// base: where the file states none; context: max_position_embeddings. Throws Error (user) for kinds of
// scaling that rotary.hpp does not know, and for keys that the kind does not have.
Rotary read_hugging_face_rotary(const JsonObject& config, double base, std::int64_t context);
// The same of one kind of layers: rope_parameters.sliding_attention.
Rotary read_rotary_parameters(const JsonObject& parameters, double base, std::int64_t context);

}  // namespace gistmill::decoder
