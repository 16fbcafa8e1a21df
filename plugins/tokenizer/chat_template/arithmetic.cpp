// + - * / // % ** of numbers, text and lists, as Python does them, but with integers of 64 bits.
#include <algorithm>
#include <cmath>

#include "plugins/tokenizer/chat_template/format.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"

namespace gistmill::chat_template {
namespace {

[[noreturn]] void overflow() { throw Refusal("an integer does not fit 64 bits"); }
[[noreturn]] void by_zero() { throw Refusal("division by zero"); }

[[noreturn]] void refuse(std::string_view sign, const Value& left, const Value& right) {
  expect_defined(left);
  expect_defined(right);
  throw Refusal("'" + std::string(sign) + "' is not defined between '" + left.type_name() + "' and '" +
                right.type_name() + "'");
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  if (b == 0) by_zero();
  if (b == -1) return a == INT64_MIN ? overflow(), 0 : -a;
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}

std::int64_t modulo(std::int64_t a, std::int64_t b) {
  if (b == 0) by_zero();
  if (b == -1) return 0;
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

std::int64_t whole_power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  while (exponent > 0) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) overflow();
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) overflow();
  }
  return result;
}

// Python's float_divmod: the quotient is rounded from what is exact.
void divide_floats(double a, double b, double* quotient, double* rest) {
  if (b == 0) by_zero();
  *rest = std::fmod(a, b);
  double divided = (a - *rest) / b;
  if (*rest != 0) {
    if ((b < 0) != (*rest < 0)) {
      *rest += b;
      divided -= 1;
    }
  } else {
    *rest = std::copysign(0.0, b);
  }
  if (divided != 0) {
    *quotient = std::floor(divided);
    if (divided - *quotient > 0.5) *quotient += 1;
  } else {
    *quotient = std::copysign(0.0, a / b);
  }
}

double float_power(double base, double exponent) {
  if (base == 0 && exponent < 0) throw Refusal("0.0 cannot be raised to a negative power");
  if (base < 0 && std::isfinite(base) && std::isfinite(exponent) && exponent != std::floor(exponent)) {
    throw Refusal("a power is a complex number, which templates here do not have");
  }
  const double result = std::pow(base, exponent);
  if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent))
    throw Refusal("a power is too large");
  return result;
}

Value whole_arithmetic(char sign, bool twice, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (sign) {
    case '+':
      if (__builtin_add_overflow(a, b, &result)) overflow();
      return Value(result);
    case '-':
      if (__builtin_sub_overflow(a, b, &result)) overflow();
      return Value(result);
    case '%':
      return Value(modulo(a, b));
    case '/':
      if (twice) return Value(floor_divide(a, b));
      if (b == 0) by_zero();
      return Value(static_cast<double>(static_cast<long double>(a) / static_cast<long double>(b)));
    default:
      if (!twice) {
        if (__builtin_mul_overflow(a, b, &result)) overflow();
        return Value(result);
      }
      if (b >= 0) return Value(whole_power(a, b));
      return Value(float_power(static_cast<double>(a), static_cast<double>(b)));
  }
}

Value float_arithmetic(char sign, bool twice, double a, double b) {
  double quotient = 0, rest = 0;
  switch (sign) {
    case '+':
      return Value(a + b);
    case '-':
      return Value(a - b);
    case '%':
      divide_floats(a, b, &quotient, &rest);
      return Value(rest);
    case '/':
      if (!twice && b == 0) by_zero();
      if (!twice) return Value(a / b);
      divide_floats(a, b, &quotient, &rest);
      return Value(quotient);
    default:
      return Value(twice ? float_power(a, b) : a * b);
  }
}

Value repeated(Budget& budget, const Value& what, std::int64_t times) {
  const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(times, 0));
  const auto cost = [&](std::uint64_t size) {
    const std::uint64_t most = budget.limits().bytes;
    budget.spend(size != 0 && count > most / size ? most + 1 : size * count);
  };
  if (what.is_text()) {
    cost(what.as_text().size());
    std::string text;
    if (!what.as_text().empty()) {
      for (std::uint64_t i = 0; i < count; ++i) text += what.as_text();
    }
    return Value::text(std::move(text), what.get<Text>()->markup);
  }
  const Values& items = *what.items();
  cost(items.size() * sizeof(Value));
  Values all;
  if (!items.empty()) {
    for (std::uint64_t i = 0; i < count; ++i) all.insert(all.end(), items.begin(), items.end());
  }
  return what.look<List>() ? list_of(std::move(all)) : tuple_of(std::move(all));
}

// Text that is marked as safe escapes what is added to it.
Value joined_text(Budget& budget, const Value& left, const Value& right) {
  const bool markup = left.get<Text>()->markup || right.get<Text>()->markup;
  const auto side = [&](const Value& value) {
    return markup && !value.get<Text>()->markup ? escaped(value.as_text()) : value.as_text();
  };
  budget.spend(left.as_text().size() + right.as_text().size());
  return Value::text(side(left) + side(right), markup);
}

Value sum(Budget& budget, const Value& left, const Value& right) {
  if (left.is_text() && right.is_text()) return joined_text(budget, left, right);
  const bool lists = left.look<List>() && right.look<List>(),
             tuples = left.look<Tuple>() && right.look<Tuple>();
  if (!lists && !tuples) refuse("+", left, right);
  budget.spend((left.items()->size() + right.items()->size()) * sizeof(Value));
  Values all = *left.items();
  all.insert(all.end(), right.items()->begin(), right.items()->end());
  return lists ? list_of(std::move(all)) : tuple_of(std::move(all));
}

}  // namespace

Value arithmetic(Budget& budget, std::string_view sign, const Value& left, const Value& right) {
  const char first = sign.front();
  const bool twice = sign.size() == 2;
  if (left.is_whole() && right.is_whole()) return whole_arithmetic(first, twice, left.whole(), right.whole());
  if (left.is_number() && right.is_number()) return float_arithmetic(first, twice, left.real(), right.real());
  if (sign == "+") return sum(budget, left, right);
  if (sign == "%" && left.is_text()) {
    if (left.get<Text>()->markup) throw Refusal("% of text that is marked as safe is not supported");
    return make_text(budget, format_with(budget, left.as_text(), right));
  }
  if (sign == "*") {
    if ((left.is_text() || left.items()) && right.is_whole()) return repeated(budget, left, right.whole());
    if ((right.is_text() || right.items()) && left.is_whole()) return repeated(budget, right, left.whole());
  }
  refuse(sign, left, right);
}

Value negative(const Value& value) {
  if (value.is_whole()) return whole_arithmetic('-', false, 0, value.whole());
  if (value.is<double>()) return Value(-value.real());
  expect_defined(value);
  throw Refusal(std::string("'-' is not defined for '") + value.type_name() + "'");
}

Value positive(const Value& value) {
  if (value.is_whole()) return Value(value.whole());
  if (value.is<double>()) return value;
  expect_defined(value);
  throw Refusal(std::string("'+' is not defined for '") + value.type_name() + "'");
}

Value make_text(Budget& budget, std::string utf8) {
  budget.spend(utf8.size() + sizeof(std::string));
  return Value::text(std::move(utf8));
}

Value marked_as(const Value& origin, const Value& text) {
  const bool markup = origin.is_text() && origin.get<Text>()->markup;
  return markup ? Value(Text{text.get<Text>()->utf8, true}) : text;
}

Value make_list(Budget& budget, Values items) {
  budget.spend(items.size() * sizeof(Value));
  return list_of(std::move(items));
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace gistmill::chat_template
