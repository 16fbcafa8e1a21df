// The filters, by what they work on.
#pragma once

#include <string>
#include <unordered_map>

#include "plugins/tokenizer/chat_template/functions.hpp"

namespace gistmill::chat_template {

struct FilterCall {
  Machine& machine;
  const Value& value;
  const CallArguments& arguments;

  Budget& budget() const { return machine.budget(); }
};
using Filter = Value (*)(const FilterCall&);
using Filters = std::unordered_map<std::string, Filter>;

Filters text_filters();
Filters number_filters();
Filters sequence_filters();
Filters order_filters();
Filters selection_filters();

// What a filter of text takes: text as it is, anything else as it is printed.
std::string soft_text(const FilterCall& call);
// Lower case of text, where order and equality shall not see case.
Value without_case(Budget& budget, const Value& value);

}  // namespace gistmill::chat_template
