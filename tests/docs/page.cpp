#include "tests/docs/page.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace gistmill {
namespace {

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

// "| a | b |" -> a, b. A bar within backticks belongs to its cell.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  std::string cell;
  bool code = false;
  for (const char letter : line.substr(1)) {
    if (letter == '`') code = !code;
    if (letter == '|' && !code) {
      cells.push_back(trimmed(cell));
      cell.clear();
    } else {
      cell += letter;
    }
  }
  return cells;
}

bool is_ruler(const std::vector<std::string>& cells) {
  return !cells.empty() && cells[0].find_first_not_of("-:") == std::string::npos && !cells[0].empty();
}

}  // namespace

std::vector<std::string> code_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = text.find('`'); at != std::string_view::npos;) {
    if (text.substr(at, 3) == "```") {
      const std::size_t end = text.find("```", at + 3);
      at = end == std::string_view::npos ? end : text.find('`', end + 3);
      continue;
    }
    const std::size_t end = text.find('`', at + 1);
    if (end == std::string_view::npos) break;
    words.emplace_back(text.substr(at + 1, end - at - 1));
    for (char& letter : words.back()) {
      if (letter == '\n') letter = ' ';  // a line may break within one
    }
    at = text.find('`', end + 1);
  }
  return words;
}

std::vector<std::string> Section::names(std::size_t row) const { return code_words(rows.at(row).at(0)); }

Page::Page(const std::string& name) {
  std::ifstream file(std::string(GISTMILL_SOURCE_DIR) + "/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  std::ostringstream all;
  all << file.rdbuf();
  text_ = std::move(all).str();
  sections_.emplace_back();
  std::istringstream lines(text_);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line[0] == '#') {
      sections_.emplace_back();
      sections_.back().title = trimmed(std::string_view(line).substr(line.find_first_not_of('#')));
      continue;
    }
    sections_.back().text += line + "\n";
    if (line.empty() || line[0] != '|') continue;
    std::vector<std::string> cells = cells_of(line);
    if (is_ruler(cells)) {
      sections_.back().rows.pop_back();  // what stood before it is the head
    } else {
      sections_.back().rows.push_back(std::move(cells));
    }
  }
}

const Section& Page::section(std::string_view title) const {
  for (const Section& section : sections_) {
    if (section.title.find(title) != std::string::npos) return section;
  }
  ADD_FAILURE() << "no section '" << title << "'";
  return sections_.front();
}

}  // namespace gistmill
