// UTF-8 repair and line ends.
#include "plugins/dataset/text/clean.hpp"

namespace gistmill::dataset {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// What may follow a lead byte: how many bytes the sequence has and the range of the second one, which
// excludes overlong forms, surrogates and what is above U+10FFFF (Unicode 15, table 3-7).
struct Lead {
  std::size_t size;
  unsigned char low;
  unsigned char high;
};

Lead lead(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// Bytes from the front of `bytes` that form one character, or the longest begin of one (`whole` false).
std::size_t sequence(std::string_view bytes, bool& whole) {
  const Lead first = lead(static_cast<unsigned char>(bytes[0]));
  std::size_t size = 1;
  unsigned char low = first.low;
  unsigned char high = first.high;
  while (size < first.size && size < bytes.size()) {
    const auto next = static_cast<unsigned char>(bytes[size]);
    if (next < low || next > high) break;
    low = 0x80;
    high = 0xBF;
    ++size;
  }
  whole = size == first.size;
  return size;
}

}  // namespace

std::string clean_text(std::string_view bytes, std::uint64_t& replaced) {
  if (bytes.substr(0, 3) == "\xEF\xBB\xBF") bytes.remove_prefix(3);
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const char byte = bytes[0];
    std::size_t used = 1;
    if (byte == '\r') {
      text += '\n';
      if (bytes.size() > 1 && bytes[1] == '\n') used = 2;
    } else if (static_cast<unsigned char>(byte) < 0x80) {
      text += byte;
    } else {
      bool whole = false;
      used = sequence(bytes, whole);
      text += whole ? bytes.substr(0, used) : kReplacement;
      if (!whole) ++replaced;
    }
    bytes.remove_prefix(used);
  }
  return text;
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
