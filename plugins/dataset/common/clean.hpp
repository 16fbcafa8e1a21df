// Makes bytes of a file into well-formed text. Not a converter of markup.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::dataset {

// UTF-8 with every ill-formed sequence replaced by U+FFFD, one for each maximal part of a sequence (Unicode
// 15, section 3.9); a byte order mark at the front is dropped, CRLF and lone CR become LF.
// `replaced` grows by the number of replacements.
std::string clean_text(std::string_view bytes, std::uint64_t& replaced);

// What follows the first line that starts with `marker`; everything where there is no such line or no marker.
std::string_view after_line(std::string_view text, std::string_view marker);

}  // namespace gistmill::dataset
