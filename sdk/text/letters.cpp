// utf8proc behind text/letters.hpp. It maps one character to one, so that the two exceptions are here:
// U+0130, which becomes two, and the final sigma.
#include <gistmill/text/letters.hpp>

#include <gistmill/text/utf8.hpp>

#include <utf8proc.h>

namespace gistmill::text {
namespace {

constexpr std::int32_t kCapitalSigma = 0x3A3;
constexpr std::int32_t kSmallSigma = 0x3C3;
constexpr std::int32_t kFinalSigma = 0x3C2;
constexpr std::int32_t kCapitalIWithDot = 0x130;
constexpr std::int32_t kDotAbove = 0x307;

// The ordinal indicators are small letters that have no capital.
bool is_cased(std::int32_t code) {
  return utf8proc_tolower(code) != code || utf8proc_toupper(code) != code || code == 0xAA || code == 0xBA;
}

bool begins_with_cased(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid()) return false;
    if (!is_case_ignorable(character.code)) return is_cased(character.code);
    text.remove_prefix(character.size);
  }
  return false;
}

}  // namespace

bool is_letter_or_number(std::int32_t code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

bool is_case_ignorable(std::int32_t code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return code == '\'' || code == '.' || code == ':' || code == 0xB7 || code == 0x387 || code == 0x55F ||
             code == 0x5F4 || code == 0x2018 || code == 0x2019 || code == 0x2024 || code == 0x2027 ||
             code == 0xFE13 || code == 0xFE52 || code == 0xFE55 || code == 0xFF07 || code == 0xFF0E ||
             code == 0xFF1A;
  }
}

std::string lower_case(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  bool in_word = false;  // a cased letter stands before, with nothing between but what is ignored
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::string_view bytes = text.substr(0, character.size);
    text.remove_prefix(character.size);
    const std::int32_t code = character.code;
    if (code >= 0 && code < 0x80) {
      lower += static_cast<char>(code >= 'A' && code <= 'Z' ? code - 'A' + 'a' : code);
    } else if (!character.valid()) {
      lower += bytes;
    } else if (code == kCapitalSigma) {
      append_utf8(lower, in_word && !begins_with_cased(text) ? kFinalSigma : kSmallSigma);
    } else if (code == kCapitalIWithDot) {
      lower += 'i';
      append_utf8(lower, kDotAbove);
    } else {
      append_utf8(lower, utf8proc_tolower(code));
    }
    if (!character.valid()) {
      in_word = false;
    } else if (!is_case_ignorable(code)) {
      in_word = is_cased(code);
    }
  }
  return lower;
}

}  // namespace gistmill::text
