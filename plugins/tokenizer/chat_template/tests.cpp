// The tests of `is`, and of the filters select and reject.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/functions.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"
#include "plugins/tokenizer/chat_template/print.hpp"

namespace gistmill::chat_template {
namespace {

struct TestCall {
  Machine& machine;
  const Value& value;
  const CallArguments& arguments;
};
using Test = bool (*)(const TestCall&);

// What is `Is` of a value alone.
template <bool (*Is)(const Value&)>
bool alone(const TestCall& call) {
  const Bound given("test", call.arguments, {});
  return Is(call.value);
}

bool is_string(const Value& value) { return value.is_text(); }
bool is_integer(const Value& value) { return value.is<std::int64_t>(); }
bool is_mapping(const Value& value) { return value.look<Dict>() != nullptr; }
bool is_boolean(const Value& value) { return value.is<bool>(); }
bool is_true(const Value& value) { return value.is<bool>() && value.whole() != 0; }
bool is_false(const Value& value) { return value.is<bool>() && value.whole() == 0; }
bool is_float(const Value& value) { return value.is<double>(); }
bool is_a_number(const Value& value) { return value.is_number(); }
bool is_none(const Value& value) { return value.is_none(); }
bool is_defined(const Value& value) { return !value.is_undefined(); }
bool is_undefined(const Value& value) { return value.is_undefined(); }
bool is_escaped(const Value& value) { return value.is_text() && value.get<Text>()->markup; }
bool is_sequence(const Value& value) {
  return value.is_undefined() || value.is_text() || value.items() || value.look<Dict>() || value.is<Range>();
}
bool is_callable(const Value& value) {
  return value.is_undefined() || value.look<Macro>() || value.is<Function>() || value.look<Method>() ||
         value.handle<Loop>();
}

// The value % number, compared.
bool remains(const TestCall& call, const Value& divisor, std::int64_t rest) {
  const Value found = arithmetic(call.machine.budget(), "%", call.value, divisor);
  return equal(call.machine.budget(), found, Value(rest));
}
bool is_odd(const TestCall& call) {
  const Bound given("odd", call.arguments, {});
  return remains(call, Value(std::int64_t{2}), 1);
}
bool is_even(const TestCall& call) {
  const Bound given("even", call.arguments, {});
  return remains(call, Value(std::int64_t{2}), 0);
}
bool is_divisible(const TestCall& call) {
  const Bound given("divisibleby", call.arguments, {"num"}, 1);
  return remains(call, given[0], 0);
}

template <bool (*Is)(std::int32_t), bool (*Other)(std::int32_t)>
bool has_case(const TestCall& call) {
  const Bound given("lower", call.arguments, {});
  const auto codes = codes_of(printed(call.machine.budget(), call.value));
  return std::any_of(codes.begin(), codes.end(), Is) && std::none_of(codes.begin(), codes.end(), Other) &&
         std::none_of(codes.begin(), codes.end(), is_title);
}

bool compared(const TestCall& call, std::string_view sign) {
  const Bound given("comparison", call.arguments, {"/other"}, 1);
  return compare(call.machine.budget(), sign, call.value, given[0]);
}

bool is_in(const TestCall& call) {
  const Bound given("in", call.arguments, {"seq"}, 1);
  return contains(call.machine.budget(), given[0], call.value);
}

bool is_same(const TestCall& call) {
  const Bound given("sameas", call.arguments, {"other"}, 1);
  const Value &a = call.value, &b = given[0];
  const bool single = a.is_none() || b.is_none() || a.is<bool>() || b.is<bool>();
  if (single) return std::string_view(a.type_name()) == b.type_name() && hash_key(a) == hash_key(b);
  throw Refusal("sameas is supported for none, true and false only: use ==");
}

bool is_named(const TestCall& call, bool (*exists)(const std::string&)) {
  const Bound given("test", call.arguments, {});
  hash_key(call.value);  // complains as Python does of what cannot be a name
  return call.value.is_text() && exists(call.value.as_text());
}

using Tests = std::unordered_map<std::string, Test>;

Tests comparisons() {
  const Test same = [](const TestCall& call) { return compared(call, "=="); };
  const Test other = [](const TestCall& call) { return compared(call, "!="); };
  const Test below = [](const TestCall& call) { return compared(call, "<"); };
  const Test at_most = [](const TestCall& call) { return compared(call, "<="); };
  const Test above = [](const TestCall& call) { return compared(call, ">"); };
  const Test at_least = [](const TestCall& call) { return compared(call, ">="); };
  return {{"==", same}, {"eq", same},  {"equalto", same},      {"!=", other},    {"ne", other},
          {"<", below}, {"lt", below}, {"lessthan", below},    {"<=", at_most},  {"le", at_most},
          {">", above}, {"gt", above}, {"greaterthan", above}, {">=", at_least}, {"ge", at_least}};
}

Tests kinds() {
  return {
      {"defined", alone<is_defined>},   {"undefined", alone<is_undefined>}, {"none", alone<is_none>},
      {"string", alone<is_string>},     {"mapping", alone<is_mapping>},     {"iterable", alone<is_iterable>},
      {"sequence", alone<is_sequence>}, {"number", alone<is_a_number>},     {"integer", alone<is_integer>},
      {"float", alone<is_float>},       {"boolean", alone<is_boolean>},     {"true", alone<is_true>},
      {"false", alone<is_false>},       {"callable", alone<is_callable>},   {"escaped", alone<is_escaped>}};
}

const Tests& tests() {
  static const Tests kTests = [] {
    Tests all = {{"odd", is_odd},
                 {"even", is_even},
                 {"divisibleby", is_divisible},
                 {"lower", has_case<is_lower, is_upper>},
                 {"upper", has_case<is_upper, is_lower>},
                 {"in", is_in},
                 {"sameas", is_same},
                 {"filter", [](const TestCall& call) { return is_named(call, is_filter); }},
                 {"test", [](const TestCall& call) { return is_named(call, is_test); }}};
    for (Tests more : {comparisons(), kinds()}) all.merge(more);
    return all;
  }();
  return kTests;
}

}  // namespace

bool is_test(const std::string& name) { return tests().count(name) > 0; }

void check_test(const std::string& name, Position at) {
  if (!is_test(name)) throw Refusal("there is no test named '" + name + "'", at);
}

bool apply_test(Machine& machine, const std::string& name, const Value& value,
                const CallArguments& arguments) {
  return apply_named(tests(), check_test, machine, name, value, arguments);
}

}  // namespace gistmill::chat_template
