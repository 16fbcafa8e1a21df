// What Jinja's string methods do, in so far as templates use them. White space is Python's.
#pragma once

#include <string>
#include <string_view>

namespace gistmill::tokenizer {

std::string strip_left(const std::string& text, std::string_view characters);  // ASCII characters
std::string strip_right(const std::string& text, std::string_view characters);
std::string strip_right(const std::string& text);  // white space
std::string strip(const std::string& text);        // white space on both sides
std::string replace_all(std::string text, std::string_view from, std::string_view to);

}  // namespace gistmill::tokenizer
