// The grammar of RFC 8259, strictly.
#include <gistmill/formats/json_cursor.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>

#include <gistmill/text/utf8.hpp>

namespace gistmill::formats {
namespace {

template <class T>
std::optional<T> parsed(std::string_view raw) {
  T value{};
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (error != std::errc{} || end != raw.data() + raw.size()) return std::nullopt;
  return value;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

unsigned hex_value(char c) { return static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10); }

unsigned hex4_at(std::string_view text, std::size_t at) {
  unsigned value = 0;
  for (std::size_t i = at; i < at + 4; ++i) value = value << 4 | hex_value(text[i]);
  return value;
}

// The letter after a backslash -> the character it stands for.
char plain_escape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

}  // namespace

std::string JsonString::text() const {
  if (!escaped) return std::string(raw);
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      out += raw[i];
    } else if (raw[++i] != 'u') {
      out += plain_escape(raw[i]);
    } else {
      std::uint32_t code = hex4_at(raw, i + 1);
      i += 4;
      if (code >= 0xD800 && code < 0xDC00) {  // the parser saw to the low half
        code = 0x10000 + ((code - 0xD800) << 10) + (hex4_at(raw, i + 3) - 0xDC00);
        i += 6;
      }
      text::append_utf8(out, static_cast<std::int32_t>(code));
    }
  }
  return out;
}

std::optional<std::uint64_t> JsonNumber::as_unsigned() const {
  return is_integer ? parsed<std::uint64_t>(raw) : std::nullopt;
}
std::optional<std::int64_t> JsonNumber::as_signed() const {
  return is_integer ? parsed<std::int64_t>(raw) : std::nullopt;
}
std::optional<double> JsonNumber::as_double() const { return parsed<double>(raw); }

const char* json_kind_name(JsonKind kind) {
  static constexpr const char* kNames[] = {"an object", "an array",  "a string",
                                           "a number",  "a boolean", "null"};
  return kNames[static_cast<int>(kind)];
}

void JsonCursor::fail_at(std::size_t at, const std::string& message) const {
  if (place_ == Place::kByte) throw FormatError(file_, first_byte_ + at, message);
  const std::string_view before = text_.substr(0, at);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t newline = before.rfind('\n');
  const std::size_t column = newline == std::string_view::npos ? at + 1 : at - newline;
  throw FormatError(file_ + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message);
}

void JsonCursor::refuse(const char* expected) const {
  for (const char* name : {"NaN", "Infinity"}) {  // as Python writes numbers that JSON has no words for
    if (text_.substr(std::min(at_, text_.size())).starts_with(name))
      fail(std::string("is not JSON: ") + name + ", which Python writes; put null or a number in its place");
  }
  const std::string found = at_ < text_.size() ? printable(text_.substr(at_, 1)) : "the end";
  fail("is not JSON: " + found + " when it should be " + expected);
}

void JsonCursor::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    ++at_;
  }
}

JsonKind JsonCursor::kind() {
  skip_space();
  switch (at_ < text_.size() ? text_[at_] : '\0') {
    case '{':
      return JsonKind::kObject;
    case '[':
      return JsonKind::kArray;
    case '"':
      return JsonKind::kString;
    case 't':
    case 'f':
      return JsonKind::kBoolean;
    case 'n':
      return JsonKind::kNull;
    default:
      if (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '-')) return JsonKind::kNumber;
      refuse("a value");
  }
}

bool JsonCursor::take(char c) {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void JsonCursor::expect(char c) {
  const char text[] = {'\'', c, '\'', '\0'};
  if (!take(c)) refuse(text);
}

void JsonCursor::enter(char open) {
  expect(open);
  if (++depth_ > max_depth_) {
    fail_at(at_ - 1, "arrays and objects are nested more than " + std::to_string(max_depth_) + " deep");
  }
}

JsonString JsonCursor::string() {
  expect('"');
  const std::size_t start = at_;
  bool escaped = false;
  for (;;) {
    if (at_ >= text_.size()) refuse("'\"'");
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '"') break;
    if (c == '\\') {
      escaped = true;
      escape();
    } else if (c < 0x20) {
      refuse("escaped, as control characters are");
    } else if (c < 0x80) {
      ++at_;
    } else {
      multibyte();
    }
  }
  return {text_.substr(start, at_++ - start), escaped};
}

void JsonCursor::escape() {
  ++at_;
  const char letter = at_ < text_.size() ? text_[at_] : '\0';
  if (letter != 'u') {
    if (letter == '\0' || std::string_view("\"\\/bfnrt").find(letter) == std::string_view::npos) {
      refuse("one of \"\\/bfnrtu");
    }
    ++at_;
    return;
  }
  const std::size_t start = at_ - 1;
  ++at_;
  const unsigned code = hex4();
  if (code < 0xD800 || code > 0xDFFF) return;
  const bool pair = code < 0xDC00 && text_.substr(at_, 2) == "\\u";
  if (pair) at_ += 2;
  const unsigned low = pair ? hex4() : 0;
  if (low < 0xDC00 || low > 0xDFFF) fail_at(start, "is not JSON: half a surrogate pair");
}

unsigned JsonCursor::hex4() {
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (!is_digit(c) && !((c | 0x20) >= 'a' && (c | 0x20) <= 'f')) refuse("a hexadecimal digit");
  }
  return hex4_at(text_, at_ - 4);
}

void JsonCursor::multibyte() {
  const text::Character character = text::first_character(text_.substr(at_));
  if (!character.valid()) refuse("UTF-8");
  at_ += character.size;
}

void JsonCursor::digits() {
  if (at_ >= text_.size() || !is_digit(text_[at_])) refuse("a digit");
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
}

JsonNumber JsonCursor::number() {
  skip_space();
  const std::size_t start = at_;
  const auto next_is = [&](char c) { return at_ < text_.size() && text_[at_] == c; };
  if (next_is('-')) ++at_;
  if (next_is('0')) {
    ++at_;
  } else {
    digits();
  }
  bool is_integer = true;
  if (next_is('.')) {
    is_integer = false;
    ++at_;
    digits();
  }
  if (next_is('e') || next_is('E')) {
    is_integer = false;
    ++at_;
    if (next_is('+') || next_is('-')) ++at_;
    digits();
  }
  return {text_.substr(start, at_ - start), is_integer};
}

void JsonCursor::word(std::string_view expected) {
  skip_space();
  if (text_.substr(at_, expected.size()) != expected) refuse("true, false or null");
  at_ += expected.size();
}

bool JsonCursor::boolean() {
  skip_space();
  const bool value = at_ < text_.size() && text_[at_] == 't';
  word(value ? "true" : "false");
  return value;
}

void JsonCursor::null() { word("null"); }

void JsonCursor::skip() {
  switch (kind()) {
    case JsonKind::kObject:
      return members([&](const JsonString&) { skip(); });
    case JsonKind::kArray:
      return elements([&] { skip(); });
    case JsonKind::kString:
      string();
      return;
    case JsonKind::kNumber:
      number();
      return;
    case JsonKind::kBoolean:
      boolean();
      return;
    case JsonKind::kNull:
      null();
      return;
  }
}

void JsonCursor::finish() {
  skip_space();
  if (at_ != text_.size()) refuse("the end");
}

}  // namespace gistmill::formats
