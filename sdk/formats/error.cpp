// Quoting text that came from a file, in messages. Stricter than text/shown.hpp, which keeps every character
// that a terminal may get: here letters beyond ASCII are shown as bytes too, for two names that look alike
// may differ.
#include <gistmill/formats/error.hpp>

namespace gistmill::formats {

std::string printable(std::string_view text) {
  constexpr std::size_t kShown = 64;
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "'";
  for (const char c : text.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  if (text.size() > kShown) out += "...";
  return out + "'";
}

}  // namespace gistmill::formats
