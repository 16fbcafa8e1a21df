// By utf8proc, which knows categories and simple cases, and tables of what it does not know (cases.inc).
#include "plugins/tokenizer/chat_template/characters.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <iterator>

#include <gistmill/text/letters.hpp>
#include <gistmill/text/utf8.hpp>

namespace gistmill::chat_template {
namespace {

struct CodeRun {
  std::int32_t first, last;
};
struct Case {
  std::int32_t code;
  const char* text;
};
#include "plugins/tokenizer/chat_template/cases.inc"

template <std::size_t N>
bool within(const CodeRun (&ranges)[N], std::int32_t code) {
  const CodeRun* const found =
      std::upper_bound(std::begin(ranges), std::end(ranges), code,
                       [](std::int32_t value, const CodeRun& range) { return value < range.first; });
  return found != std::begin(ranges) && code <= std::prev(found)->last;
}

template <std::size_t N>
const char* special(const Case (&cases)[N], std::int32_t code) {
  const Case* const found =
      std::lower_bound(std::begin(cases), std::end(cases), code,
                       [](const Case& one, std::int32_t value) { return one.code < value; });
  return found != std::end(cases) && found->code == code ? found->text : nullptr;
}

bool is_cased(std::int32_t code) { return is_lower(code) || is_upper(code) || is_title(code); }

// A sigma at the end of a word.
bool is_final_sigma(const std::vector<std::int32_t>& codes, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && text::is_case_ignorable(codes[before - 1])) --before;
  if (before == 0 || !is_cased(codes[before - 1])) return false;
  std::size_t after = at + 1;
  while (after < codes.size() && text::is_case_ignorable(codes[after])) ++after;
  return after == codes.size() || !is_cased(codes[after]);
}

void append_lower(const std::vector<std::int32_t>& codes, std::size_t at, std::string* out) {
  const std::int32_t code = codes[at];
  if (code == 0x3A3) {
    text::append_utf8(*out, is_final_sigma(codes, at) ? 0x3C2 : 0x3C3);
  } else if (const char* text = special(kLowerCases, code)) {
    *out += text;
  } else {
    text::append_utf8(*out, utf8proc_tolower(code));
  }
}

void append_upper(std::int32_t code, std::string* out) {
  const char* const text = special(kUpperCases, code);
  text ? void(*out += text) : text::append_utf8(*out, utf8proc_toupper(code));
}

void append_title(std::int32_t code, std::string* out) {
  const char* const text = special(kTitleCases, code);
  text ? void(*out += text) : text::append_utf8(*out, utf8proc_totitle(code));
}

}  // namespace

bool is_space(std::int32_t code) {
  return (code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x20) || code == 0x85 || code == 0xA0 ||
         code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
         code == 0x202F || code == 0x205F || code == 0x3000;
}

bool is_printable(std::int32_t code) {
  if (code == ' ') return true;
  const auto category = utf8proc_category(code);
  return category != UTF8PROC_CATEGORY_CN && (category < UTF8PROC_CATEGORY_ZS);
}

bool is_alphabetic(std::int32_t code) {
  const auto category = utf8proc_category(code);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}
bool is_decimal(std::int32_t code) { return utf8proc_category(code) == UTF8PROC_CATEGORY_ND; }
bool is_digit(std::int32_t code) { return is_decimal(code) || within(kDigits, code); }
bool is_numeric(std::int32_t code) { return is_decimal(code) || within(kNumbers, code); }
bool is_lower(std::int32_t code) { return within(kLower, code); }
bool is_upper(std::int32_t code) { return within(kUpper, code); }
bool is_title(std::int32_t code) { return utf8proc_category(code) == UTF8PROC_CATEGORY_LT; }

std::vector<std::string_view> split_characters(std::string_view text) {
  std::vector<std::string_view> characters;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = text::first_character(text.substr(at)).size;
    characters.push_back(text.substr(at, size));
    at += size;
  }
  return characters;
}

std::vector<std::int32_t> codes_of(std::string_view text) {
  std::vector<std::int32_t> codes;
  while (!text.empty()) {
    const auto character = text::first_character(text);
    codes.push_back(character.code);
    text.remove_prefix(character.size);
  }
  return codes;
}

std::string text_of(const std::vector<std::int32_t>& codes) {
  std::string text;
  for (const std::int32_t code : codes) text::append_utf8(text, code);
  return text;
}

std::size_t leading_space(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size()) {
    const auto character = text::first_character(text.substr(size));
    if (!is_space(character.code)) break;
    size += character.size;
  }
  return size;
}

std::string_view strip_left(std::string_view text) { return text.substr(leading_space(text)); }

namespace {

// The last character of text that is not empty.
std::string_view last_character(std::string_view text) {
  std::size_t start = text.size() - 1;
  while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  return text.substr(start);
}

bool has_character(std::string_view characters, std::string_view one) {
  return characters.find(one) != std::string_view::npos;  // UTF-8: never in the middle of another
}

}  // namespace

std::string_view strip_right(std::string_view text) {
  while (!text.empty()) {
    const std::string_view last = last_character(text);
    if (!is_space(text::first_character(last).code)) break;
    text.remove_suffix(last.size());
  }
  return text;
}

std::string_view strip_left(std::string_view text, std::string_view characters) {
  while (!text.empty()) {
    const std::size_t size = text::first_character(text).size;
    if (!has_character(characters, text.substr(0, size))) break;
    text.remove_prefix(size);
  }
  return text;
}

std::string_view strip_right(std::string_view text, std::string_view characters) {
  while (!text.empty()) {
    const std::string_view last = last_character(text);
    if (!has_character(characters, last)) break;
    text.remove_suffix(last.size());
  }
  return text;
}

std::string upper(std::string_view text) {
  std::string out;
  for (const std::int32_t code : codes_of(text)) append_upper(code, &out);
  return out;
}

std::string lower(std::string_view text) {
  std::string out;
  const auto codes = codes_of(text);
  for (std::size_t i = 0; i < codes.size(); ++i) append_lower(codes, i, &out);
  return out;
}

std::string title(std::string_view text) {
  std::string out;
  const auto codes = codes_of(text);
  bool in_word = false;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    in_word ? append_lower(codes, i, &out) : append_title(codes[i], &out);
    in_word = is_cased(codes[i]);
  }
  return out;
}

std::string capitalize(std::string_view text) {
  std::string out;
  const auto codes = codes_of(text);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    i == 0 ? append_title(codes[i], &out) : append_lower(codes, i, &out);
  }
  return out;
}

std::string swap_case(std::string_view text) {
  std::string out;
  const auto codes = codes_of(text);
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (is_upper(codes[i])) {
      append_lower(codes, i, &out);
    } else if (is_lower(codes[i])) {
      append_upper(codes[i], &out);
    } else {
      text::append_utf8(out, codes[i]);
    }
  }
  return out;
}

}  // namespace gistmill::chat_template
