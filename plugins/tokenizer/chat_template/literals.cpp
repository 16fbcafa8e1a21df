#include "plugins/tokenizer/chat_template/literals.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/refusal.hpp"

namespace gistmill::chat_template {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}
bool is_digit(char c, int base = 10) { return digit_value(c) < base; }

// Jinja reads escapes in two steps: every character beyond ASCII becomes an escape, then escapes are read. So
// a backslash before such a character escapes the backslash of the escape.
std::string with_ascii_escapes(std::string_view text) {
  std::string ascii;
  while (!text.empty()) {
    const auto character = text::first_character(text);
    const auto code = static_cast<std::uint32_t>(character.code);
    if (code < 0x80) {
      ascii += static_cast<char>(code);
    } else {
      const int digits = code < 0x100 ? 2 : code < 0x10000 ? 4 : 8;
      ascii += digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
      for (int i = digits - 1; i >= 0; --i) ascii += "0123456789abcdef"[code >> (4 * i) & 0xF];
    }
    text.remove_prefix(character.size);
  }
  return ascii;
}

// Reads digits at text[at] into a character.
std::int32_t read_code(std::string_view text, std::size_t* at, std::size_t digits, int base, bool all) {
  std::uint32_t code = 0;
  std::size_t count = 0;
  for (; count < digits && *at < text.size() && is_digit(text[*at], base); ++count, ++*at) {
    code = code * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit_value(text[*at]));
  }
  if (all && count < digits) throw Refusal("a string has an escape with too few digits");
  if (code > 0x10FFFF) throw Refusal("a string has an escape beyond U+10FFFF");
  if (code >= 0xD800 && code < 0xE000)
    throw Refusal("a string has half of a surrogate pair, which is no text");
  return static_cast<std::int32_t>(code);
}

void append_escape(std::string_view text, std::size_t* at, std::string* out) {
  const char kind = text[(*at)++];
  static constexpr std::string_view kFrom = "\\'\"abfnrtv", kTo = "\\'\"\a\b\f\n\r\t\v";
  if (const std::size_t known = kFrom.find(kind); known != std::string_view::npos) {
    *out += kTo[known];
  } else if (kind == 'x' || kind == 'u' || kind == 'U') {
    text::append_utf8(*out, read_code(text, at, kind == 'x' ? 2 : kind == 'u' ? 4 : 8, 16, true));
  } else if (is_digit(kind, 8)) {
    --*at;
    text::append_utf8(*out, read_code(text, at, 3, 8, false));
  } else if (kind == 'N') {
    throw Refusal("a character by its name (\\N{...}) is not supported: write it as \\uXXXX");
  } else if (kind != '\n') {
    *out += '\\';
    *out += kind;
  }
}

// Digits with underscores between them.
std::size_t digits_size(std::string_view text, int base) {
  std::size_t size = 0;
  while (size < text.size()) {
    if (is_digit(text[size], base)) {
      ++size;
    } else if (text[size] == '_' && size > 0 && size + 1 < text.size() && is_digit(text[size + 1], base)) {
      size += 2;
    } else {
      break;
    }
  }
  return size;
}

std::string without_underscores(std::string_view literal) {
  std::string plain(literal);
  plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
  return plain;
}

int base_of(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return 10;
  switch (text[1]) {
    case 'x':
    case 'X':
      return 16;
    case 'o':
    case 'O':
      return 8;
    case 'b':
    case 'B':
      return 2;
    default:
      return 10;
  }
}

}  // namespace

std::string unescape(std::string_view quoted) {
  if (quoted.find('\\') == std::string_view::npos) return std::string(quoted);
  const std::string text = with_ascii_escapes(quoted);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      out += text[at++];
    } else {
      append_escape(text, &++at, &out);
    }
  }
  return out;
}

std::size_t float_size(std::string_view text) {
  std::size_t size = digits_size(text, 10);
  if (size == 0) return 0;
  bool is_float = false;
  if (size < text.size() && text[size] == '.') {
    const std::size_t fraction = digits_size(text.substr(size + 1), 10);
    if (fraction > 0) {
      size += 1 + fraction;
      is_float = true;
    }
  }
  if (size < text.size() && (text[size] == 'e' || text[size] == 'E')) {
    std::size_t at = size + 1;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits_size(text.substr(at), 10);
    if (exponent > 0) return at + exponent;
  }
  return is_float ? size : 0;
}

std::size_t integer_size(std::string_view text) {
  if (text.empty() || !is_digit(text[0])) return 0;
  if (const int base = base_of(text); base != 10) {
    // An underscore may follow the letter.
    const std::size_t lead = text.size() > 2 && text[2] == '_' ? 3 : 2;
    const std::size_t digits = digits_size(text.substr(lead), base);
    if (digits > 0) return lead + digits;
  }
  if (text[0] != '0') return digits_size(text, 10);
  std::size_t size = 1;
  while (size < text.size()) {
    if (text[size] == '0') {
      ++size;
    } else if (text.substr(size, 2) == "_0") {
      size += 2;
    } else {
      break;
    }
  }
  return size;
}

double parse_float(std::string_view literal) {
  const std::string plain = without_underscores(literal);
  double value = 0;
  const auto result = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (result.ec == std::errc::result_out_of_range) {
    // Too large or too small: an exponent of "-" says which.
    const bool small = plain.find("e-") != std::string::npos || plain.find("E-") != std::string::npos;
    return small ? 0 : std::numeric_limits<double>::infinity();
  }
  return value;
}

std::int64_t parse_integer(std::string_view literal) {
  const std::string plain = without_underscores(literal);
  const int base = base_of(plain);
  const char* const first = plain.data() + (base == 10 ? 0 : 2);
  std::int64_t value = 0;
  if (std::from_chars(first, plain.data() + plain.size(), value, base).ec != std::errc()) {
    throw Refusal("integer " + plain + " does not fit 64 bits");
  }
  return value;
}

}  // namespace gistmill::chat_template
