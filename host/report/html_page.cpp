// The frame of the page: head, style, sections in order, footer.
#include "host/report/html_page.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "host/report/html_text.hpp"
#include "host/report/page_sections.hpp"
#include "host/report/page_style.hpp"

namespace gistmill {

std::string html_page(const RunRecord& record) {
  const std::string name = std::filesystem::path(record.recipe).stem().string();
  std::string page =
      "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
      "<meta name='viewport' content='width=device-width, initial-scale=1'>\n";
  page += fmt::format("<title>{}</title>\n", escaped(name.empty() ? "run report" : name + ": run report"));
  page += fmt::format("<style>{}</style>\n</head>\n<body>\n<main>\n", page_style());
  page += result_section(record);
  page += evaluation_section(record);
  page += training_section(record);
  page += message_section(record);
  page += origin_section(record);
  page += fmt::format(
      "<footer>gistmill {}. Errors are standard errors, clustered as each evaluation says.</footer>\n",
      escaped(record.version));
  return page + "</main>\n</body>\n</html>\n";
}

}  // namespace gistmill
