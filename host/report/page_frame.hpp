// What every page of the program shares: head, style and footer around a body, and small pieces of a body.
#pragma once

#include <string>
#include <string_view>

namespace gistmill {

// A whole HTML file; `title` and `footer` are text and are escaped, `body` is HTML.
std::string page_of(std::string_view title, const std::string& body, std::string_view footer);

// One number with its name, for a <dl class='tiles'>; "" where there is nothing to say.
std::string tile(const std::string& name, const std::string& value);

// A card around a chart; "" around nothing.
std::string card(const std::string& svg);

}  // namespace gistmill
