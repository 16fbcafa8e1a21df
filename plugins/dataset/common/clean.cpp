// Repair of UTF-8 and line ends.
#include "plugins/dataset/common/clean.hpp"

#include <gistmill/text/utf8.hpp>

namespace gistmill::dataset {

CleanText clean_text(const std::string_view all) {
  std::string_view bytes = all;
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") bytes.remove_prefix(3);
  CleanText clean;
  std::string& cleaned = clean.text;
  cleaned.reserve(bytes.size());
  while (!bytes.empty()) {
    const char byte = bytes[0];
    std::size_t used = 1;
    if (byte == '\r') {
      cleaned += '\n';
      if (bytes.size() > 1 && bytes[1] == '\n') used = 2;
    } else if (static_cast<unsigned char>(byte) < 0x80) {
      cleaned += byte;
    } else {
      const text::Character character = text::first_character(bytes);
      used = character.valid() ? character.size : text::broken_size(bytes);
      cleaned += character.valid() ? bytes.substr(0, used) : text::kReplacement;
      if (!character.valid() && clean.replaced++ == 0) clean.first_replaced = all.size() - bytes.size();
    }
    bytes.remove_prefix(used);
  }
  return clean;
}

std::string_view after_line(std::string_view text, std::string_view marker) {
  if (marker.empty()) return text;
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = text.find('\n', line);
    if (text.substr(line, marker.size()) == marker) {
      return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    if (end == std::string_view::npos) break;
    line = end + 1;
  }
  return text;
}

}  // namespace gistmill::dataset
