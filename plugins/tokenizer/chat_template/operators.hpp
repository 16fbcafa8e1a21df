// What Python's operators do with values. All of these throw Refusal where Python raises an exception.
#pragma once

#include <cstdint>
#include <string_view>

#include "plugins/tokenizer/chat_template/limits.hpp"
#include "plugins/tokenizer/chat_template/value.hpp"

namespace gistmill::chat_template {

bool truth(const Value& value);
std::int64_t length(const Value& value);

bool equal(Budget& budget, const Value& left, const Value& right);
// Whether left < right.
bool less(Budget& budget, const Value& left, const Value& right);
bool contains(Budget& budget, const Value& container, const Value& item);
// "==", "!=", "<", "<=", ">", ">=", "in", "not in".
bool compare(Budget& budget, std::string_view sign, const Value& left, const Value& right);

// "+", "-", "*", "/", "//", "%", "**".
Value arithmetic(Budget& budget, std::string_view sign, const Value& left, const Value& right);
Value negative(const Value& value);
Value positive(const Value& value);

// Text, with what it costs.
Value make_text(Budget& budget, std::string utf8);
Value make_list(Budget& budget, Values items);

// Text that was made of `origin`: marked as safe where that is.
Value marked_as(const Value& origin, const Value& text);

// What an undefined value says when it is used; nothing of any other value.
void expect_defined(const Value& value);

// The same with the characters that HTML reads written out.
std::string escaped(std::string_view text);

}  // namespace gistmill::chat_template
