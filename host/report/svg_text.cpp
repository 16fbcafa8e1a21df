#include "host/report/svg_text.hpp"

#include <algorithm>

#include <gistmill/text/utf8.hpp>

namespace gistmill {

std::string fitted(std::string_view text, double width, double character) {
  const auto room = static_cast<std::size_t>(std::max(1.0, width / character));
  if (text::count_characters(text) <= room) return std::string(text);
  std::string_view rest = text;
  for (std::size_t i = 0; i + 1 < room; ++i) rest.remove_prefix(text::first_character(rest).size);
  return std::string(text.substr(0, text.size() - rest.size())) + "…";
}

}  // namespace gistmill
