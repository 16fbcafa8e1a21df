// The filter tojson as transformers sets it: Python's json.dumps.
#pragma once

#include <optional>
#include <string>

#include "plugins/tokenizer/chat_template/limits.hpp"
#include "plugins/tokenizer/chat_template/value.hpp"

namespace gistmill::chat_template {

struct JsonStyle {
  bool ascii = false;                 // \uXXXX of everything else
  std::optional<std::string> indent;  // of one level; none: on one line
  std::string between = ", ", after_key = ": ";
  bool sorted = false;  // by keys
};

// Throws Refusal of what JSON has no form for.
std::string to_json(Budget& budget, const Value& value, const JsonStyle& style);

}  // namespace gistmill::chat_template
