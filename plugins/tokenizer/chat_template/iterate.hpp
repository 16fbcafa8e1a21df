// Going through what Python can iterate over.
#pragma once

#include <functional>
#include <memory>

#include "plugins/tokenizer/chat_template/limits.hpp"
#include "plugins/tokenizer/chat_template/value.hpp"

namespace gistmill::chat_template {

// Throws Refusal of what cannot be iterated over.
std::shared_ptr<Iterator> iterate(Budget& budget, const Value& value);
bool is_iterable(const Value& value);

// All that is left.
Values collect(Budget& budget, const Value& value);

// A generator: `next` is asked until it says that there is no more. Throws Refusal where generators are
// made of generators too deep.
Value generator(const Value& source, std::function<bool(Value*)> next, const char* type = "generator");

// The entry of a view or the pair of a dictionary.
Value view_item(const View& view, std::size_t at);

}  // namespace gistmill::chat_template
