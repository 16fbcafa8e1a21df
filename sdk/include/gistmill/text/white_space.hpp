// White space of UTF-8 text as Python's str.split and str.strip know it, on which published text metrics
// rest: Unicode's, and the four separators U+001C to U+001F.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gistmill::text {

bool is_white_space(std::int32_t code);

// The bytes of white space that `text` starts with.
std::size_t leading_white_space(std::string_view text);

// Without white space at both ends. Views of `text`.
std::string_view trimmed(std::string_view text);

// What white space separates, never empty. Views of `text`.
std::vector<std::string_view> split_at_white_space(std::string_view text);

}  // namespace gistmill::text
