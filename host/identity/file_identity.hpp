// What identifies a model or a tokenizer to files that were made with it: the component that reads it and the
// digest of what it reads. Not its options, and not the build of its plugin: other programs can say it too.
#pragma once

#include <string>

#include "host/instance/instance.hpp"

namespace gistmill {

// "teacher/llama 3c1f00aa..": 64 digits; the component alone where it reads nothing.
std::string file_identity(const Instance& instance);

}  // namespace gistmill
