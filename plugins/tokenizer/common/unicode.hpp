// Characters of UTF-8 text and the classes that pre-tokenizers tell apart, as Hugging Face's `tokenizers`
// sees them. Not a Unicode library: these classes only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gistmill::tokenizer {

enum class CharacterClass : std::uint8_t {
  kOther,
  kLetter,     // \p{L} of its regular expressions
  kNumber,     // \p{N} of its regular expressions
  kNewNumber,  // a number to its Digits pre-tokenizer, which knows a newer Unicode; kOther to the expressions
  kSpace,      // \s, White_Space
};

struct Character {
  CharacterClass type;
  std::uint8_t size;  // bytes
};

constexpr std::int32_t kNoCharacter = -1;

// The character that starts at `at`, which lies within the text, and its bytes; kNoCharacter and 1 where the
// bytes are not UTF-8 (overlong, surrogate, beyond U+10FFFF, cut off).
std::int32_t decode_utf8(std::string_view text, std::size_t at, std::size_t* size);

// Where the last character of a text that is not empty starts; within the last four bytes where these are not
// UTF-8.
std::size_t last_character(std::string_view text);

// A byte that is not UTF-8 is a character of class kOther.
Character character_at(std::string_view text, std::size_t at);

// The bytes of white space that `text` starts or ends with.
std::size_t leading_space(std::string_view text);
std::size_t trailing_space(std::string_view text);

}  // namespace gistmill::tokenizer
