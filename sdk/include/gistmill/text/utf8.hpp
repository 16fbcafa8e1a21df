// Characters of UTF-8 text, by utf8proc. What bytes are UTF-8 is decided here and nowhere else, but for the
// tokenizers, whose loop over every character of a corpus has its own decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::text {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
inline constexpr std::int32_t kNoCharacter = -1;

struct Character {
  std::int32_t code = kNoCharacter;  // kNoCharacter where the bytes are not UTF-8 (RFC 3629)
  std::size_t size = 1;              // bytes; 1 of what is not UTF-8

  bool valid() const { return code != kNoCharacter; }
};

namespace detail {
Character first_by_utf8proc(std::string_view text);
}

// The one that `text` starts with, which is not empty. ASCII, most of all text, costs no call.
inline Character first_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  return first < 0x80 ? Character{first, 1} : detail::first_by_utf8proc(text);
}

// Of what starts with no character: the bytes that one replacement character stands for, as Unicode advises
// (section 3.9, "substitution of maximal subparts"): as many as could have begun a character.
std::size_t broken_size(std::string_view text);

void append_utf8(std::string& text, std::int32_t code);

bool is_utf8(std::string_view text);

// Characters, where a byte that is not UTF-8 counts as one.
std::size_t count_characters(std::string_view text);

// What `text` takes on a terminal in columns: two for wide characters, none for those that combine.
std::size_t columns(std::string_view text);

}  // namespace gistmill::text
