// Quoting text that came from a file, in messages. Stricter than text/shown.hpp, which keeps every character
// that a terminal may get: here characters that are not seen are shown as bytes too, for two names that look
// alike may differ.
#include <gistmill/formats/error.hpp>

#include <gistmill/text/shown.hpp>
#include <gistmill/text/utf8.hpp>

namespace gistmill::formats {
namespace {

struct Range {
  std::int32_t first, last;
};
// Spaces other than the plain one, joiners, marks of direction, fillers, variation selectors, private use.
constexpr Range kUnseen[] = {{0xA0, 0xA0},       {0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},
                             {0x115F, 0x1160},   {0x1680, 0x1680},   {0x17B4, 0x17B5},   {0x180B, 0x180F},
                             {0x2000, 0x200F},   {0x2028, 0x202F},   {0x205F, 0x206F},   {0x2800, 0x2800},
                             {0x3000, 0x3000},   {0x3164, 0x3164},   {0xE000, 0xF8FF},   {0xFE00, 0xFE0F},
                             {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},
                             {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF}};

bool is_seen(const text::Character& character) {
  if (!character.valid() || text::is_control(character.code)) return false;
  for (const Range& range : kUnseen) {
    if (character.code >= range.first && character.code <= range.last) return false;
  }
  return true;
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::size_t kShown = 64;
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "'";
  std::size_t shown = 0;
  while (shown < text.size() && shown < kShown) {
    const text::Character first = text::first_character(text.substr(shown));
    if (shown + first.size > kShown) break;
    const bool kept = is_seen(first);
    for (const char c : text.substr(shown, first.size)) {
      if (kept) {
        out += c;
        continue;
      }
      const auto byte = static_cast<unsigned char>(c);
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
    shown += first.size;
  }
  if (shown < text.size()) out += "...";
  return out + "'";
}

}  // namespace gistmill::formats
