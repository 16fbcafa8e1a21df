// Filters that give numbers.
#include <charconv>
#include <cmath>

#include "plugins/tokenizer/chat_template/filters.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/numbers.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"

namespace gistmill::chat_template {
namespace {

Value to_whole(double number) {
  if (!(std::abs(number) < 0x1p63)) throw Refusal("an integer does not fit 64 bits");
  return Value(static_cast<std::int64_t>(number));
}

Value int_filter(const FilterCall& call) {
  const Bound given("int", call.arguments, {"default", "base"});
  Value otherwise = given.has(0) ? given[0] : Value(std::int64_t{0});
  if (call.value.is_whole()) return Value(call.value.whole());
  expect_defined(call.value);
  if (call.value.is<double>()) return std::isnan(call.value.real()) ? otherwise : to_whole(call.value.real());
  if (!call.value.is_text()) return otherwise;
  if (const auto whole = parse_whole(call.value.as_text(), given.whole(1, 10))) return Value(*whole);
  const auto real = parse_real(call.value.as_text());
  return real && std::isfinite(*real) ? to_whole(*real) : otherwise;
}

Value float_filter(const FilterCall& call) {
  const Bound given("float", call.arguments, {"default"});
  if (call.value.is_number()) return Value(call.value.real());
  expect_defined(call.value);
  const auto real = call.value.is_text() ? parse_real(call.value.as_text()) : std::nullopt;
  return real ? Value(*real) : given.has(0) ? given[0] : Value(0.0);
}

Value absolute(const FilterCall& call) {
  const Bound given("abs", call.arguments, {});
  if (call.value.is_whole() && call.value.whole() >= 0) return Value(call.value.whole());
  if (call.value.is_whole()) return negative(call.value);
  expect_defined(call.value);
  if (!call.value.is<double>()) throw Refusal("abs needs a number");
  return Value(std::abs(call.value.real()));
}

Value rounded(const FilterCall& call) {
  const Bound given("round", call.arguments, {"precision", "method"});
  const std::string method = given.has(1) ? given.text(1) : "common";
  expect_defined(call.value);
  if (method != "common" && method != "ceil" && method != "floor") {
    throw Refusal("round: the method is common, ceil or floor");
  }
  if (!call.value.is_number()) throw Refusal("round needs a number");
  const std::int64_t places = given.whole(0, 0);
  if (places < -300 || places > 300) throw Refusal("round has more than 300 places");
  if (method == "common") return round_to(call.value, places);
  // As Jinja computes it, with integers where Python has them.
  const Value power = arithmetic(call.budget(), "**", Value(std::int64_t{10}), Value(places));
  const double scaled = arithmetic(call.budget(), "*", call.value, power).real();
  const Value whole = to_whole(method == "ceil" ? std::ceil(scaled) : std::floor(scaled));
  return arithmetic(call.budget(), "/", whole, power);
}

Value total(const FilterCall& call) {
  const Bound given("sum", call.arguments, {"attribute", "start"});
  Value sum = given.has(1) ? given[1] : Value(std::int64_t{0});
  if (sum.is_text()) throw Refusal("sum does not add strings: use join");
  const auto items = iterate(call.budget(), call.value);
  for (Value one; items->next(&one);) {
    sum =
        arithmetic(call.budget(), "+", sum, given[0].is_none() ? one : path_of(call.machine, one, given[0]));
  }
  return sum;
}

Value length_filter(const FilterCall& call) {
  const Bound given("length", call.arguments, {});
  if (const auto* loop = call.value.handle<Loop>()) return Value((*loop)->length());
  return Value(length(call.value));
}

}  // namespace

Filters number_filters() {
  return {{"int", int_filter}, {"float", float_filter},   {"abs", absolute},       {"round", rounded},
          {"sum", total},      {"length", length_filter}, {"count", length_filter}};
}

}  // namespace gistmill::chat_template
