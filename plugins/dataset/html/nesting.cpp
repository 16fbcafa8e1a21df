#include "plugins/dataset/html/nesting.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace gistmill::dataset {
namespace {

using Name = std::string_view;

// Void elements, and those that the next of their kind closes.
constexpr auto kWithoutEnd = std::to_array<Name>(
    {"a",      "area",  "base", "br",    "col",  "colgroup", "dd",     "dt",    "embed", "hr", "img",
     "input",  "li",    "link", "meta",  "nobr", "optgroup", "option", "p",     "param", "rp", "rt",
     "source", "tbody", "td",   "tfoot", "th",   "thead",    "tr",     "track", "wbr"});
// What they hold is text, whatever it looks like.
constexpr auto kRawText =
    std::to_array<Name>({"iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"});

template <class List>
bool holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string name_at(std::string_view html, std::size_t at) {
  std::string name;
  while (at < html.size() && (std::isalnum(static_cast<unsigned char>(html[at])) != 0 || html[at] == '-'))
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(html[at++])));
  return name;
}

// Behind the raw text of an element that begins at `at`: where its end tag is, or the end of the page.
std::size_t end_of_raw_text(std::string_view html, std::size_t at, const std::string& name) {
  for (at = html.find("</", at); at != std::string_view::npos; at = html.find("</", at + 2)) {
    if (name_at(html, at + 2) == name) return at + 2;
  }
  return html.size();
}

}  // namespace

std::size_t deepest_nesting(std::string_view html) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at)) {
    if (html.substr(at, 4) == "<!--") {
      at = std::min(html.find("-->", at), html.size());
      continue;
    }
    const bool ends = html.substr(at, 2) == "</";
    at += ends ? 2 : 1;
    const std::string name = name_at(html, at);
    if (name.empty() || holds(kWithoutEnd, name)) continue;
    if (holds(kRawText, name)) {
      if (!ends) at = end_of_raw_text(html, at, name);
    } else if (ends) {
      depth -= depth > 0 ? 1 : 0;
    } else {
      deepest = std::max(deepest, ++depth);
    }
  }
  return deepest;
}

}  // namespace gistmill::dataset
