// One page of docs/ taken apart: headings, the rows of their tables, the names in backticks.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gistmill {

struct Section {
  std::string title;                           // without the number signs, backticks kept
  std::string text;                            // up to the next heading of any level
  std::vector<std::vector<std::string>> rows;  // cells of the tables' rows, heads and rulers left out

  // The names in backticks in a row's first cell: "`peak`, `.floor`" gives two.
  std::vector<std::string> names(std::size_t row) const;
};

class Page {
 public:
  // `name`: relative to the source tree. Fails the test where there is no such file.
  explicit Page(const std::string& name);

  const std::string& text() const { return text_; }
  const std::vector<Section>& sections() const { return sections_; }
  // The section whose title contains `title`; fails the test where there is none.
  const Section& section(std::string_view title) const;

 private:
  std::string text_;
  std::vector<Section> sections_;
};

// Everything that stands between single backticks, code blocks left out.
std::vector<std::string> code_words(std::string_view text);

}  // namespace gistmill
