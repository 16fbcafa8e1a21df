// Decoding of UTF-8, and a two-stage table of classes made from the generated ranges. The
// decoder is ours, for it stands in the loop over every character of a corpus, where a call into utf8proc
// would cost more than the decoding.
#include "plugins/tokenizer/common/unicode.hpp"

#include <algorithm>

#include "plugins/tokenizer/common/code_table.hpp"

namespace gistmill::tokenizer {
namespace {

using enum CharacterClass;

// clang-format off
constexpr CodeRangeOf<CharacterClass> kRanges[] = {
#include "plugins/tokenizer/common/unicode_ranges.inc"
};
// clang-format on

CharacterClass class_of(std::int32_t code) {
  static const CodeTable<CharacterClass> kTable(kRanges);
  return kTable.of(code);
}

// A byte of 10xxxxxx at `at`, its six bits; -1 where there is none.
int continuation(std::string_view text, std::size_t at) {
  if (at >= text.size()) return -1;
  const auto byte = static_cast<unsigned char>(text[at]);
  return (byte & 0xC0) == 0x80 ? byte & 0x3F : -1;
}

}  // namespace

std::int32_t decode_utf8(std::string_view text, std::size_t at, std::size_t* size) {
  const auto first = static_cast<unsigned char>(text[at]);
  *size = 1;
  if (first < 0x80) return first;
  if (first < 0xC2 || first > 0xF4) return kNoCharacter;
  const int second = continuation(text, at + 1);
  if (second < 0) return kNoCharacter;
  if (first < 0xE0) {
    *size = 2;
    return (first & 0x1F) << 6 | second;
  }
  const int third = continuation(text, at + 2);
  if (third < 0) return kNoCharacter;
  if (first < 0xF0) {
    const int code = (first & 0x0F) << 12 | second << 6 | third;
    if (code < 0x800 || (code >= 0xD800 && code < 0xE000)) return kNoCharacter;
    *size = 3;
    return code;
  }
  const int fourth = continuation(text, at + 3);
  const int code = (first & 0x07) << 18 | second << 12 | third << 6 | fourth;
  if (fourth < 0 || code < 0x10000 || code > 0x10FFFF) return kNoCharacter;
  *size = 4;
  return code;
}

std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

Character character_at(std::string_view text, std::size_t at) {
  std::size_t size = 0;
  const std::int32_t code = decode_utf8(text, at, &size);
  if (code == kNoCharacter) return {kOther, 1};
  return {class_of(code), static_cast<std::uint8_t>(size)};
}

std::size_t leading_space(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const Character character = character_at(text, end);
    if (character.type != kSpace) break;
    end += character.size;
  }
  return end;
}

std::size_t trailing_space(std::string_view text) {
  std::size_t start = text.size();
  while (start > 0) {
    const std::size_t at = last_character(text.substr(0, start));
    const Character character = character_at(text, at);
    if (character.type != kSpace || at + character.size != start) break;
    start = at;
  }
  return text.size() - start;
}

}  // namespace gistmill::tokenizer
