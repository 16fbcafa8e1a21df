// Literals of template expressions, as Python reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::chat_template {

// What stands between the quotes of a string. Throws Refusal where an escape is wrong.
std::string unescape(std::string_view quoted);

// The bytes that a float or an integer at the start of `text` takes; 0 where there is none.
std::size_t float_size(std::string_view text);
std::size_t integer_size(std::string_view text);
double parse_float(std::string_view literal);
std::int64_t parse_integer(std::string_view literal);  // throws Refusal beyond 64 bits

}  // namespace gistmill::chat_template
