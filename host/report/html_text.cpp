// Escaping; what is not UTF-8 and control characters are replaced, so that no byte of a damaged file reaches
// the page raw.
#include "host/report/html_text.hpp"

#include <gistmill/text/shown.hpp>
#include <gistmill/text/utf8.hpp>

namespace gistmill {
std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const text::Character first = text::first_character(text);
    const bool kept = first.code == '\n' || first.code == '\t' || !text::is_control(first.code);
    if (!first.valid() || !kept) {
      out += text::kReplacement;
    } else if (first.code == '&') {
      out += "&amp;";
    } else if (first.code == '<') {
      out += "&lt;";
    } else if (first.code == '>') {
      out += "&gt;";
    } else if (first.code == '"') {
      out += "&quot;";
    } else if (first.code == '\'') {
      out += "&#39;";
    } else {
      out += text.substr(0, first.size);
    }
    text.remove_prefix(first.size);
  }
  return out;
}

}  // namespace gistmill
