// The sections of the page in order.
#include "host/report/html_page.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "host/report/page_frame.hpp"
#include "host/report/page_sections.hpp"

namespace gistmill {

std::string html_page(const RunRecord& record) {
  const std::string name = std::filesystem::path(record.recipe).stem().string();
  const std::string body = result_section(record) + evaluation_section(record) + example_section(record) +
                           stage_section(record) + training_section(record) + message_section(record) +
                           origin_section(record);
  return page_of(name.empty() ? "run report" : name + ": run report", body,
                 fmt::format("gistmill {}. Errors are standard errors, clustered as each evaluation says.",
                             record.version));
}

}  // namespace gistmill
