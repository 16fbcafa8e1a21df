// Python's int() and float() of text, and round().
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "plugins/tokenizer/chat_template/value.hpp"

namespace gistmill::chat_template {

// With white space around and underscores between digits. Nothing where it is no number; throws Refusal where
// an integer does not fit 64 bits.
std::optional<std::int64_t> parse_whole(std::string_view text, std::int64_t base);
std::optional<double> parse_real(std::string_view text);

// To a number of places, halves to the even side.
Value round_to(const Value& number, std::int64_t places);

}  // namespace gistmill::chat_template
