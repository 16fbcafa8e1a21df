// The text of a page of HTML, as a reader sees it. Knows no files and no charsets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gistmill::dataset {

// Elements by name, class or id.
struct Selectors {
  std::vector<std::string> names;
  std::vector<std::string> classes;
  std::vector<std::string> ids;
};

// "nav", ".headerlink", "#footer". Throws Error(GM_ERROR_USER, "leave_out"): anything else.
Selectors selectors_of(const std::vector<std::string>& texts);

// html: UTF-8, at most 4 GiB. What the selectors name is left out, as are head, scripts and styles.
std::string page_text(std::string_view html, const Selectors& leave_out);

}  // namespace gistmill::dataset
