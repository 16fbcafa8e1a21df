// Binds the names of a template to slots of frames, as Jinja's compiler binds them to variables of the Python
// that it writes. What a name means is decided by the text, not by the order in which it runs: a name that a
// frame sets is its own from the start, and what its loops and macros see of it.
#pragma once

#include "plugins/tokenizer/chat_template/nodes.hpp"

namespace gistmill::chat_template {

// The plan of the outermost frame. Throws Refusal where a name cannot be used so, and where a filter or test
// is not known and would be used for certain.
FramePlan bind_names(Body* body);

}  // namespace gistmill::chat_template
