// What the host's provenance says of the teacher whose probabilities are stored.
#pragma once

#include <string>

namespace gistmill::topk {

// "teacher/llama {"dtype":"f32"} with 3c1f00aa90b2"; "unknown" where the provenance does not say.
std::string teacher_of(const std::string& provenance);

}  // namespace gistmill::topk
