// Filters by the order of values.
#include <algorithm>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/filters.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"

namespace gistmill::chat_template {
namespace {

// By their keys; what is equal stays in its order, backwards too.
void sort_by_key(Budget& budget, std::vector<std::pair<Value, Value>>* keyed, bool backwards) {
  if (backwards) std::reverse(keyed->begin(), keyed->end());
  std::stable_sort(keyed->begin(), keyed->end(),
                   [&](const auto& a, const auto& b) { return less(budget, a.first, b.first); });
  if (backwards) std::reverse(keyed->begin(), keyed->end());
}

// Several attributes, with commas between them, or one.
Value sort_key(const FilterCall& call, const Value& one, const Value& attribute, bool cases) {
  const auto fold = [&](const Value& value) { return cases ? value : without_case(call.budget(), value); };
  Values keys;
  if (!attribute.is_text()) {
    keys.push_back(fold(path_of(call.machine, one, attribute)));
    return list_of(std::move(keys));
  }
  const std::string& names = attribute.as_text();
  for (std::size_t at = 0; at <= names.size();) {
    const std::size_t comma = std::min(names.find(',', at), names.size());
    keys.push_back(fold(path_of(call.machine, one, Value::text(names.substr(at, comma - at)))));
    at = comma + 1;
  }
  return list_of(std::move(keys));
}

Value sort(const FilterCall& call) {
  const Bound given("sort", call.arguments, {"reverse", "case_sensitive", "attribute"});
  std::vector<std::pair<Value, Value>> keyed;
  for (const Value& one : collect(call.budget(), call.value)) {
    keyed.emplace_back(sort_key(call, one, given[2], given.boolean(1, false)), one);
  }
  sort_by_key(call.budget(), &keyed, given.boolean(0, false));
  Values sorted;
  for (auto& [key, value] : keyed) sorted.push_back(value);
  return make_list(call.budget(), std::move(sorted));
}

Value dictsort(const FilterCall& call) {
  const Bound given("dictsort", call.arguments, {"case_sensitive", "by", "reverse"});
  const bool cases = given.boolean(0, false);
  const std::string by = given.has(1) ? given.text(1) : "key";
  if (by != "key" && by != "value") throw Refusal("dictsort sorts by key or value");
  const auto* const dict = call.value.look<Dict>();
  expect_defined(call.value);
  if (!dict) throw Refusal("dictsort needs a dictionary");
  std::vector<std::pair<Value, Value>> keyed;
  for (const auto& [key, value] : dict->entries) {
    const Value& chosen = by == "key" ? key : value;
    call.budget().spend(sizeof(Value));
    keyed.emplace_back(cases ? chosen : without_case(call.budget(), chosen), tuple_of({key, value}));
  }
  sort_by_key(call.budget(), &keyed, given.boolean(2, false));
  Values sorted;
  for (auto& [key, value] : keyed) sorted.push_back(value);
  return make_list(call.budget(), std::move(sorted));
}

Value extreme(const FilterCall& call, bool largest) {
  const Bound given(largest ? "max" : "min", call.arguments, {"case_sensitive", "attribute"});
  const bool cases = given.boolean(0, false);
  const auto items = iterate(call.budget(), call.value);
  const auto key_of = [&](const Value& value) {
    const Value key = path_of(call.machine, value, given[1]);
    return cases ? key : without_case(call.budget(), key);
  };
  Value best;
  if (!items->next(&best)) return Value::undefined("No aggregated item, sequence was empty.");
  Value best_key = key_of(best);
  for (Value one; items->next(&one);) {
    const Value key = key_of(one);
    if (!(largest ? less(call.budget(), best_key, key) : less(call.budget(), key, best_key))) continue;
    best = one;
    best_key = key;
  }
  return best;
}

}  // namespace

Value without_case(Budget& budget, const Value& value) {
  return value.is_text() ? make_text(budget, lower(value.as_text())) : value;
}

Filters order_filters() {
  return {{"sort", sort},
          {"dictsort", dictsort},
          {"min", [](const FilterCall& call) { return extreme(call, false); }},
          {"max", [](const FilterCall& call) { return extreme(call, true); }}};
}

}  // namespace gistmill::chat_template
