// The style sheet of the report page, light, dark and printed.
#pragma once

#include <string_view>

namespace gistmill {

std::string_view page_style();

}  // namespace gistmill
