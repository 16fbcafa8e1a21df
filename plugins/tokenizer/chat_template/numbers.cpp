#include "plugins/tokenizer/chat_template/numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/literals.hpp"
#include "plugins/tokenizer/chat_template/refusal.hpp"

namespace gistmill::chat_template {
namespace {

// Digits without the underscores between them; nothing where an underscore stands elsewhere.
std::optional<std::string> joined_digits(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      plain += text[i];
    } else if (i == 0 || i + 1 == text.size() || !std::isalnum(static_cast<unsigned char>(text[i - 1])) ||
               !std::isalnum(static_cast<unsigned char>(text[i + 1]))) {
      return std::nullopt;
    }
  }
  return plain;
}

// Digits of all scripts as those of ASCII: they stand in runs of ten, from 0 to 9.
std::string with_ascii_digits(std::string_view text) {
  std::string plain;
  for (const std::int32_t code : codes_of(text)) {
    std::int32_t first = code;
    while (code >= 0x80 && is_decimal(code) && is_decimal(first - 1)) --first;
    text::append_utf8(plain, code >= 0x80 && is_decimal(code) ? '0' + (code - first) % 10 : code);
  }
  return plain;
}

bool take_sign(std::string_view* text) {
  if (text->empty() || (text->front() != '-' && text->front() != '+')) return false;
  const bool negative = text->front() == '-';
  text->remove_prefix(1);
  return negative;
}

void take_prefix(std::string_view* text, std::int64_t* base) {
  static constexpr std::string_view kLetters = "xob";
  static constexpr std::array<std::int64_t, 3> kBases = {16, 8, 2};
  if (text->size() < 2 || text->front() != '0') return;
  const std::size_t found =
      kLetters.find(static_cast<char>(std::tolower(static_cast<unsigned char>((*text)[1]))));
  if (found == std::string_view::npos || (*base != 0 && *base != kBases[found])) return;
  *base = kBases[found];
  text->remove_prefix(2);
  if (text->starts_with("_")) text->remove_prefix(1);
}

}  // namespace

std::optional<std::int64_t> parse_whole(std::string_view given, std::int64_t base) {
  if (base != 0 && (base < 2 || base > 36)) return std::nullopt;
  const std::string ascii = with_ascii_digits(strip_left(strip_right(given)));
  std::string_view text = ascii;
  const bool negative = take_sign(&text);
  const bool any_base = base == 0;
  take_prefix(&text, &base);
  if (base == 0) base = 10;
  const auto digits = joined_digits(text);
  if (!digits || digits->empty() || !std::isalnum(static_cast<unsigned char>(digits->front())))
    return std::nullopt;
  if (any_base && base == 10 && digits->front() == '0' &&
      digits->find_first_not_of('0') != std::string::npos) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits->data(), digits->data() + digits->size(), value, static_cast<int>(base));
  if (end != digits->data() + digits->size()) return std::nullopt;
  if (error != std::errc() || value > static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0)) {
    throw Refusal("an integer does not fit 64 bits");
  }
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

std::optional<double> parse_real(std::string_view given) {
  const std::string ascii = with_ascii_digits(strip_left(strip_right(given)));
  std::string_view text = ascii;
  const bool negative = take_sign(&text);
  const double sign = negative ? -1 : 1;
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  if (lowered == "inf" || lowered == "infinity") return sign * std::numeric_limits<double>::infinity();
  if (lowered == "nan") return std::numeric_limits<double>::quiet_NaN();
  const auto plain = joined_digits(lowered);
  if (!plain || plain->find_first_not_of("0123456789.e+-") != std::string::npos) return std::nullopt;
  if (plain->empty() || plain->front() == '-') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(plain->data(), plain->data() + plain->size(), value);
  if (end != plain->data() + plain->size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) value = parse_float(*plain);
  return sign * value;
}

Value round_to(const Value& number, std::int64_t places) {
  if (number.is_whole()) {
    if (places >= 0) return Value(number.whole());
    if (places < -18) return Value(std::int64_t{0});
    std::int64_t power = 1;
    for (std::int64_t i = 0; i < -places; ++i) power *= 10;
    const std::int64_t value = number.whole(), rest = ((value % power) + power) % power, low = value - rest;
    const bool up = rest > power - rest || (rest == power - rest && (low / power) % 2 != 0);
    return Value(up ? low + power : low);
  }
  const double value = number.real();
  if (!std::isfinite(value)) return number;
  if (places > 22 + 300 || value == 0) return number;
  // As CPython: the decimal text of that many places, read again.
  std::array<char, 800> digits;
  if (places >= 0) {
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                   std::chars_format::fixed, static_cast<int>(places))
                         .ptr;
    double rounded = 0;
    std::from_chars(digits.data(), end, rounded);
    return Value(rounded);
  }
  const double power = std::pow(10.0, static_cast<double>(-places));
  const double scaled = std::nearbyint(value / power);
  return Value(scaled * power);
}

}  // namespace gistmill::chat_template
