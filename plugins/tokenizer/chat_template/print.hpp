// Values as text: what Python's str() and repr() write.
#pragma once

#include <string>
#include <string_view>

#include "plugins/tokenizer/chat_template/limits.hpp"
#include "plugins/tokenizer/chat_template/value.hpp"

namespace gistmill::chat_template {

// Throws Refusal of what Python writes with its place in memory (functions, generators).
std::string printed(Budget& budget, const Value& value);
std::string represented(Budget& budget, const Value& value);

std::string float_text(double number);  // the shortest that reads back as the same

}  // namespace gistmill::chat_template
