// Makes bytes of a file into well-formed text. Not a converter of markup.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::dataset {

struct CleanText {
  std::string text;
  std::uint64_t replaced = 0;      // ill-formed sequences
  std::size_t first_replaced = 0;  // the byte at which the first of them was, from 0
};

// UTF-8 with every ill-formed sequence replaced by U+FFFD, one for each maximal part of a sequence (Unicode
// 15, section 3.9); a byte order mark at the front is dropped, CRLF and lone CR become LF. Nothing else
// changes: tabs, indentation and blank lines are the text's own.
CleanText clean_text(std::string_view bytes);

// What follows the first line that starts with `marker`; everything where there is no such line or no marker.
std::string_view after_line(std::string_view text, std::string_view marker);

}  // namespace gistmill::dataset
