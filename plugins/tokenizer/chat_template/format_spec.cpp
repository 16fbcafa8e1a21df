// What follows the colon of a field of str.format.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/print.hpp"
#include "plugins/tokenizer/chat_template/text_format.hpp"

namespace gistmill::chat_template {
namespace {

struct Spec {
  std::string fill = " ";
  char align = 0, sign = 0, type = 0;
  bool zero = false, grouped = false;
  std::int64_t width = 0, precision = -1;
};

[[noreturn]] void refuse(const std::string& spec, const Value& value) {
  throw Refusal("format '" + spec + "' of a '" + value.type_name() + "' is wrong, or not supported");
}

std::int64_t take_number(std::string_view* rest) {
  std::int64_t number = 0;
  while (!rest->empty() && rest->front() >= '0' && rest->front() <= '9') {
    number = std::min<std::int64_t>(number * 10 + (rest->front() - '0'), INT32_MAX);
    rest->remove_prefix(1);
  }
  return number;
}

bool take_any(std::string_view* rest, std::string_view characters, char* taken) {
  if (rest->empty() || characters.find(rest->front()) == std::string_view::npos) return false;
  *taken = rest->front();
  rest->remove_prefix(1);
  return true;
}

Spec parse_spec(const std::string& text, const Value& value) {
  static constexpr std::string_view kAligns = "<>^=";
  Spec spec;
  std::string_view rest = text;
  const std::size_t first = text::first_character(rest).size;
  char taken = 0;
  if (rest.size() > first && kAligns.find(rest[first]) != std::string_view::npos) {
    spec.fill = rest.substr(0, first);
    spec.align = rest[first];
    rest.remove_prefix(first + 1);
  } else {
    take_any(&rest, kAligns, &spec.align);
  }
  take_any(&rest, "+- ", &spec.sign);
  spec.zero = take_any(&rest, "0", &taken);
  spec.width = take_number(&rest);
  spec.grouped = take_any(&rest, ",", &taken);
  if (take_any(&rest, ".", &taken)) {
    if (rest.empty() || !is_decimal(rest.front())) refuse(text, value);
    spec.precision = take_number(&rest);
  }
  take_any(&rest, "sdfFeEgG%", &spec.type);
  if (!rest.empty() || (spec.grouped && spec.zero)) refuse(text, value);
  return spec;
}

std::string aligned(Budget& budget, const Spec& spec, const std::string& sign, const std::string& text,
                    char align) {
  const std::string fill = spec.zero && spec.align == 0 ? "0" : spec.fill;
  const auto size = static_cast<std::int64_t>(sign.size() + text::count_characters(text));
  const std::int64_t room = std::max<std::int64_t>(spec.width - size, 0);
  budget.spend(static_cast<std::uint64_t>(room) * fill.size() + text.size());
  const std::int64_t left = align == '<' ? 0 : align == '^' ? room / 2 : room;
  std::string before, behind;
  for (std::int64_t i = 0; i < left; ++i) before += fill;
  for (std::int64_t i = left; i < room; ++i) behind += fill;
  return align == '=' ? sign + before + text + behind : before + sign + text + behind;
}

std::string grouped(std::string digits) {
  const std::size_t end = std::min(digits.find_first_not_of("0123456789"), digits.size());
  for (std::size_t at = end; at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

// Without its sign.
std::string float_digits(const Spec& spec, double number) {
  const bool percent = spec.type == '%';
  const char kind = percent ? 'f' : static_cast<char>(spec.type | 0x20);  // in lower case
  const auto form = kind == 'f'   ? std::chars_format::fixed
                    : kind == 'e' ? std::chars_format::scientific
                                  : std::chars_format::general;
  const int precision = static_cast<int>(spec.precision < 0 ? 6 : spec.precision);
  if (precision > 1000) throw Refusal("a float has more than 1000 places");
  std::array<char, 1400> buffer;
  char* const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                  percent ? number * 100 : number, form, precision)
                        .ptr;
  std::string digits(buffer.data(), end);
  if (spec.type != '%' && kind != spec.type) digits = upper(digits);
  return percent ? digits + "%" : digits;
}

std::string format_number(Budget& budget, const Spec& spec, const Value& value, const std::string& text) {
  const bool whole = value.is_whole() && (spec.type == 0 || spec.type == 'd');
  if (spec.type == 's' || (whole && spec.precision >= 0) || (!whole && spec.type == 'd')) refuse(text, value);
  if (!whole && spec.type == 0 && spec.precision >= 0) refuse(text, value);
  const double number = value.real();
  const bool negative = whole ? value.whole() < 0 : std::signbit(number) && !std::isnan(number);
  std::string digits = whole            ? std::to_string(value.whole())
                       : spec.type == 0 ? float_text(number)
                                        : float_digits(spec, std::abs(number));
  if (digits.front() == '-') digits.erase(0, 1);
  if (spec.grouped) digits = grouped(std::move(digits));
  const std::string sign = negative                               ? "-"
                           : spec.sign == '+' || spec.sign == ' ' ? std::string(1, spec.sign)
                                                                  : "";
  return aligned(budget, spec, sign, digits, spec.align != 0 ? spec.align : spec.zero ? '=' : '>');
}

std::string format_text(Budget& budget, const Spec& spec, const Value& value, const std::string& text) {
  if (spec.sign != 0 || spec.grouped || spec.align == '=' || (spec.type != 0 && spec.type != 's'))
    refuse(text, value);
  std::string cut = value.as_text();
  if (spec.precision >= 0) {
    const auto characters = split_characters(cut);
    if (static_cast<std::int64_t>(characters.size()) > spec.precision) {
      cut.resize(
          static_cast<std::size_t>(characters[static_cast<std::size_t>(spec.precision)].data() - cut.data()));
    }
  }
  return aligned(budget, spec, "", cut, spec.align != 0 ? spec.align : '<');
}

}  // namespace

std::string format_value(Budget& budget, const Value& value, const std::string& spec) {
  if (spec.empty()) return printed(budget, value);
  if (value.is_text()) return format_text(budget, parse_spec(spec, value), value, spec);
  if (value.is_number()) return format_number(budget, parse_spec(spec, value), value, spec);
  refuse(spec, value);
}

}  // namespace gistmill::chat_template
