// Text into HTML and SVG: everything that comes from a run passes through here.
#pragma once

#include <string>
#include <string_view>

namespace gistmill {

// Escapes & < > " ' for text and quoted attributes; control characters other than newline and tab, and
// bytes that are not UTF-8, become U+FFFD.
std::string escaped(std::string_view text);

}  // namespace gistmill
