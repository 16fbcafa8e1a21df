#include "plugins/tokenizer/chat_template/format.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"
#include "plugins/tokenizer/chat_template/print.hpp"

namespace gistmill::chat_template {
namespace {

struct Conversion {
  bool left = false, zero = false, plus = false, space = false;  // flags - 0 + ' '
  std::int64_t width = 0;
  std::int64_t precision = -1;
  char kind = 0;
};

class Formatter {
 public:
  Formatter(Budget& budget, const std::string& pattern, const Value& values)
      : budget_(budget), pattern_(pattern), values_(values) {}

  std::string run() {
    std::string out;
    while (at_ < pattern_.size()) {
      const std::size_t percent = std::min(pattern_.find('%', at_), pattern_.size());
      budget_.spend(percent - at_);
      out.append(pattern_, at_, percent - at_);
      at_ = percent;
      if (at_ < pattern_.size()) out += conversion();
    }
    // Whatever has items by key is a mapping to Python's %, also what is not defined: none of it need be
    // used.
    const bool is_tuple = values_.look<Tuple>();
    const bool is_mapping =
        values_.look<Dict>() || values_.look<List>() || values_.is<Range>() || values_.is_undefined();
    const bool all_used = is_tuple ? used_ == values_.items()->size() : is_mapping || named_ || used_ > 0;
    if (!all_used) throw Refusal("not all values of a % format are used");
    return out;
  }

 private:
  char take() {
    if (at_ == pattern_.size()) throw Refusal("a % format ends within a conversion");
    return pattern_[at_++];
  }

  const Value& value() {
    const Values* const tuple = values_.look<Tuple>() ? values_.items() : nullptr;
    const std::size_t size = tuple ? tuple->size() : 1;
    if (used_ >= size) throw Refusal("a % format has too few values");
    ++used_;
    return tuple ? (*tuple)[used_ - 1] : values_;
  }

  std::int64_t number() {
    std::int64_t parsed = 0;
    while (at_ < pattern_.size() && pattern_[at_] >= '0' && pattern_[at_] <= '9') {
      parsed = std::min<std::int64_t>(parsed * 10 + (pattern_[at_++] - '0'), INT32_MAX);
    }
    return parsed;
  }

  std::string conversion() {
    take();
    const Value* by_name = nullptr;
    if (at_ < pattern_.size() && pattern_[at_] == '(') by_name = &named_value();
    Conversion one;
    for (; at_ < pattern_.size() && std::string_view("-0+ ").find(pattern_[at_]) != std::string_view::npos;
         ++at_) {
      one.left |= pattern_[at_] == '-';
      one.zero |= pattern_[at_] == '0';
      one.plus |= pattern_[at_] == '+';
      one.space |= pattern_[at_] == ' ';
    }
    one.width = number();
    if (at_ < pattern_.size() && pattern_[at_] == '.') {
      ++at_;
      one.precision = number();
    }
    kind_at_ = at_;
    one.kind = take();
    if (one.kind == '%') return "%";
    budget_.spend(static_cast<std::uint64_t>(one.width) +
                  static_cast<std::uint64_t>(std::max<std::int64_t>(one.precision, 0)));
    return converted(one, by_name ? *by_name : value());
  }

  const Value& named_value() {
    const std::size_t end = pattern_.find(')', at_);
    const Dict* const dict = values_.look<Dict>();
    if (end == std::string::npos || !dict)
      throw Refusal("a % format names a value, which needs a dictionary");
    const std::string name = pattern_.substr(at_ + 1, end - at_ - 1);
    const Value* const found = dict->find(name);
    if (!found) throw Refusal("a % format names '" + name + "', which is not there");
    at_ = end + 1;
    named_ = true;
    return *found;
  }

  std::string converted(const Conversion& one, const Value& value) {
    switch (one.kind) {
      case 's':
      case 'r':
        return padded(one, cut(one, one.kind == 's' ? printed(budget_, value) : represented(budget_, value)));
      case 'd':
      case 'i':
      case 'u':
        return whole(one, value);
      case 'f':
      case 'F':
      case 'e':
      case 'E':
      case 'g':
      case 'G':
        return real(one, value);
      default: {
        const std::string_view rest = std::string_view(pattern_).substr(kind_at_);
        throw Refusal("conversion %" + std::string(rest.substr(0, text::first_character(rest).size)) +
                      " is not supported: use %s, %r, %d, %f, %e or %g");
      }
    }
  }

  std::string cut(const Conversion& one, const std::string& text) {
    if (one.precision < 0) return text;
    std::string out;
    std::int64_t left = one.precision;
    for (const std::string_view character : split_characters(text)) {
      if (left-- == 0) break;
      out += character;
    }
    return out;
  }

  std::string padded(const Conversion& one, const std::string& text) {
    const auto size = static_cast<std::int64_t>(text::count_characters(text));
    const std::string room(static_cast<std::size_t>(std::max<std::int64_t>(one.width - size, 0)), ' ');
    return one.left ? text + room : room + text;
  }

  // Sign and digits; zeros go between them.
  std::string signed_number(const Conversion& one, std::string digits, bool negative) {
    std::string sign = negative ? "-" : one.plus ? "+" : one.space ? " " : "";
    if (one.zero && !one.left) {
      const auto size = static_cast<std::int64_t>(sign.size() + digits.size());
      digits.insert(0, static_cast<std::size_t>(std::max<std::int64_t>(one.width - size, 0)), '0');
    }
    return padded(one, sign + digits);
  }

  std::string whole(const Conversion& one, const Value& value) {
    if (!value.is_number()) refuse_number(value);
    if (value.is<double>() && !(std::abs(value.real()) < 0x1p63))
      throw Refusal("%d of a number beyond 64 bits");
    const std::int64_t number = value.is<double>() ? static_cast<std::int64_t>(value.real()) : value.whole();
    std::string digits = std::to_string(number);
    if (number < 0) digits.erase(0, 1);
    const auto missing = one.precision - static_cast<std::int64_t>(digits.size());
    if (missing > 0) digits.insert(0, static_cast<std::size_t>(missing), '0');
    return signed_number(one, std::move(digits), number < 0);
  }

  std::string real(const Conversion& one, const Value& value) {
    if (!value.is_number()) refuse_number(value);
    const double number = value.real();
    const auto precision = static_cast<int>(one.precision < 0 ? 6 : one.precision);
    if (precision > 1000) throw Refusal("a float has more than 1000 places");
    const char kind = static_cast<char>(std::tolower(one.kind));
    const auto form = kind == 'f'   ? std::chars_format::fixed
                      : kind == 'e' ? std::chars_format::scientific
                                    : std::chars_format::general;
    std::array<char, 1400> buffer;
    char* const end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(number), form, precision).ptr;
    std::string digits(buffer.data(), end);
    if (kind != one.kind) digits = upper(digits);
    Conversion plain = one;
    if (!std::isfinite(number)) plain.zero = false;
    return signed_number(plain, std::move(digits), std::signbit(number) && !std::isnan(number));
  }

  [[noreturn]] static void refuse_number(const Value& value) {
    expect_defined(value);
    throw Refusal(std::string("a % format needs a number, found '") + value.type_name() + "'");
  }

  Budget& budget_;
  const std::string& pattern_;
  const Value& values_;
  std::size_t at_ = 0, used_ = 0, kind_at_ = 0;
  bool named_ = false;
};

}  // namespace

std::string format_with(Budget& budget, const std::string& pattern, const Value& values) {
  return Formatter(budget, pattern, values).run();
}

}  // namespace gistmill::chat_template
