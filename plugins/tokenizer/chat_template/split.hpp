// str.split and its kin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill::chat_template {

// At white space, or at `separator`; at most `most` times, or as often as it occurs where that is negative.
std::vector<std::string> split_space(std::string_view text, std::int64_t most, bool from_right);
std::vector<std::string> split_at(std::string_view text, std::string_view separator, std::int64_t most,
                                  bool from_right);
std::vector<std::string> split_lines(std::string_view text, bool keep_ends);

std::string replaced(std::string_view text, std::string_view from, std::string_view to, std::int64_t most);

}  // namespace gistmill::chat_template
