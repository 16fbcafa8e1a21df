// text % values, as Python formats.
#pragma once

#include <string>

#include "plugins/tokenizer/chat_template/limits.hpp"
#include "plugins/tokenizer/chat_template/value.hpp"

namespace gistmill::chat_template {

// `values`: a tuple, a dictionary for %(name)s, or one value. Throws Refusal.
std::string format_with(Budget& budget, const std::string& pattern, const Value& values);

}  // namespace gistmill::chat_template
