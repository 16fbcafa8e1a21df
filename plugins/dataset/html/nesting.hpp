// How deep the elements of a page are nested, found before it is parsed: the time of the HTML algorithm grows
// with the square of it.
#pragma once

#include <cstddef>
#include <string_view>

namespace gistmill::dataset {

// An upper estimate for real pages: start tags that no end tag has closed yet, but for those that need none.
std::size_t deepest_nesting(std::string_view html);

}  // namespace gistmill::dataset
