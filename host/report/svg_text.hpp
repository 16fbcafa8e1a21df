// Text in pictures, whose width nobody measures: an SVG without script cannot, so it is estimated.
#pragma once

#include <string>
#include <string_view>

namespace gistmill {

// The text where it is not wider than `width`, each character being `character` wide; else its beginning and
// "…".
std::string fitted(std::string_view text, double width, double character);

}  // namespace gistmill
