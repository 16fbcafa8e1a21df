// What config.json says of a text model of Gemma 3.
#pragma once

#include "plugins/teacher/decoder/files/json_object.hpp"
#include "plugins/teacher/decoder/files/model_plan.hpp"

namespace gistmill::decoder {

// model_type gemma3_text. Throws Error (user).
ModelPlan read_gemma(const JsonObject& json);

// The constants of the family that no key says, in either kind of file: norms, activation, scale of the
// embedding. After width and the like are known.
void put_gemma_constants(Config* config);

}  // namespace gistmill::decoder
