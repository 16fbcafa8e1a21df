// Text by characters (code points), as Python's str sees it: which are space, letters, printed as they are;
// their cases. All text here is UTF-8 without errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::chat_template {

// str.isspace, which is \s of Python's regular expressions too.
bool is_space(std::int32_t code);
bool is_printable(std::int32_t code);  // str.isprintable: what repr() does not escape
bool is_alphabetic(std::int32_t code);
bool is_decimal(std::int32_t code);
bool is_digit(std::int32_t code);  // decimals, and superscripts and the like
bool is_numeric(std::int32_t code);
bool is_lower(std::int32_t code);
bool is_upper(std::int32_t code);
bool is_title(std::int32_t code);

// Of one character each.
std::vector<std::string_view> split_characters(std::string_view text);
std::vector<std::int32_t> codes_of(std::string_view text);
std::string text_of(const std::vector<std::int32_t>& codes);

std::size_t leading_space(std::string_view text);  // bytes
std::string_view strip_left(std::string_view text);
std::string_view strip_right(std::string_view text);
// Of those characters only.
std::string_view strip_left(std::string_view text, std::string_view characters);
std::string_view strip_right(std::string_view text, std::string_view characters);

// As str's methods of that name.
std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string title(std::string_view text);
std::string capitalize(std::string_view text);
std::string swap_case(std::string_view text);

}  // namespace gistmill::chat_template
