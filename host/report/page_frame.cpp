#include "host/report/page_frame.hpp"

#include <fmt/format.h>

#include "host/report/html_text.hpp"
#include "host/report/page_style.hpp"

namespace gistmill {

std::string page_of(std::string_view title, const std::string& body, std::string_view footer) {
  std::string page =
      "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
      "<meta name='viewport' content='width=device-width, initial-scale=1'>\n";
  page += fmt::format("<title>{}</title>\n", escaped(title));
  page += fmt::format("<style>{}</style>\n</head>\n<body>\n<main>\n", page_style());
  page += body;
  page += fmt::format("<footer>{}</footer>\n", escaped(footer));
  return page + "</main>\n</body>\n</html>\n";
}

std::string tile(const std::string& name, const std::string& value) {
  if (value.empty() || value == "-" || value == "0") return "";
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", name, escaped(value));
}

std::string card(const std::string& svg) {
  return svg.empty() ? "" : "<div class='card'>" + svg + "</div>\n";
}

}  // namespace gistmill
