// str.format: "{} {1} {name:>5.2f}".
#pragma once

#include <string>

#include "plugins/tokenizer/chat_template/arguments.hpp"
#include "plugins/tokenizer/chat_template/limits.hpp"

namespace gistmill::chat_template {

// Throws Refusal, as all of these do where Python raises, and of fields of fields, which templates do not
// use.
std::string format_fields(Budget& budget, const std::string& pattern, const CallArguments& arguments);

// Python's format(value, spec): [[fill]align][sign][0][width][,][.precision][type].
std::string format_value(Budget& budget, const Value& value, const std::string& spec);

}  // namespace gistmill::chat_template
