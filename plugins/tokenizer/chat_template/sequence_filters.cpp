// Filters that take values out of sequences, or make sequences of them.
#include <algorithm>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/filters.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"

namespace gistmill::chat_template {
namespace {

Value or_default(const FilterCall& call) {
  const Bound given("default", call.arguments, {"default_value", "boolean"});
  const bool missing = call.value.is_undefined() || (given.boolean(1, false) && !truth(call.value));
  if (!missing) return call.value;
  return given.has(0) ? given[0] : Value::text("");
}

Value first(const FilterCall& call) {
  const Bound given("first", call.arguments, {});
  Value one;
  return iterate(call.budget(), call.value)->next(&one)
             ? one
             : Value::undefined("No first item, sequence was empty.");
}

Value last(const FilterCall& call) {
  const Bound given("last", call.arguments, {});
  if (call.value.handle<Iterator>()) throw Refusal("last needs a sequence: make a list of it first");
  if (const auto* items = call.value.items(); items && !items->empty()) return items->back();
  const Values all = collect(call.budget(), call.value);
  if (all.empty()) return Value::undefined("No last item, sequence was empty.");
  return call.value.is_text() ? marked_as(call.value, all.back()) : all.back();
}

Value list_filter(const FilterCall& call) {
  const Bound given("list", call.arguments, {});
  return make_list(call.budget(), collect(call.budget(), call.value));
}

Value items_filter(const FilterCall& call) {
  const Bound given("items", call.arguments, {});
  if (call.value.is_undefined()) return generator(call.value, [](Value*) { return false; });
  // Complains when it is gone through, as a generator does.
  return generator(call.value, [value = call.value, at = std::size_t{0}](Value* one) mutable {
    const auto* dict = value.look<Dict>();
    if (!dict) throw Refusal("items needs a dictionary");
    if (at == dict->entries.size()) return false;
    const auto& entry = dict->entries[at++];
    *one = tuple_of({entry.first, entry.second});
    return true;
  });
}

Value reverse(const FilterCall& call) {
  const Bound given("reverse", call.arguments, {});
  if (call.value.is_text()) {
    auto codes = codes_of(call.value.as_text());
    std::reverse(codes.begin(), codes.end());
    return marked_as(call.value, make_text(call.budget(), text_of(codes)));
  }
  auto all = std::make_shared<Values>(collect(call.budget(), call.value));
  if (call.value.handle<Iterator>()) {
    std::reverse(all->begin(), all->end());
    return make_list(call.budget(), std::move(*all));
  }
  return generator(
      call.value,
      [all](Value* one) {
        if (all->empty()) return false;
        *one = all->back();
        all->pop_back();
        return true;
      },
      "list_reverseiterator");
}

Value batch(const FilterCall& call) {
  const Bound given("batch", call.arguments, {"linecount", "fill_with"}, 1);
  std::int64_t size = given.whole(0, 0);
  Machine& machine = call.machine;
  auto source = std::shared_ptr<Iterator>();
  return generator(call.value, [&machine, value = call.value, size, fill = given[1], source,
                                held = std::optional<Value>()](Value* one) mutable {
    if (!source) source = iterate(machine.budget(), value);
    Values line;
    if (held) line.push_back(*std::exchange(held, std::nullopt));
    for (Value next; source->next(&next);) {
      machine.budget().spend(sizeof(Value));
      if (static_cast<std::int64_t>(line.size()) == size) {
        // A line of no items is given once, before everything.
        held = next;
        *one = list_of(std::move(line));
        if (size <= 0) size = -1;
        return true;
      }
      line.push_back(next);
    }
    if (line.empty()) return false;
    while (!fill.is_none() && static_cast<std::int64_t>(line.size()) < size) {
      machine.budget().spend(sizeof(Value));
      line.push_back(fill);
    }
    *one = list_of(std::move(line));
    return true;
  });
}

Value unique(const FilterCall& call) {
  const Bound given("unique", call.arguments, {"case_sensitive", "attribute"});
  Machine& machine = call.machine;
  const bool cases = given.boolean(0, false);
  const Value& attribute = given[1];
  auto source = iterate(call.budget(), call.value);
  auto seen = std::make_shared<Dict>();
  return generator(call.value, [&machine, cases, attribute, source, seen](Value* one) {
    while (source->next(one)) {
      Value key = path_of(machine, *one, attribute);
      if (!cases) key = without_case(machine.budget(), key);
      if (seen->find(key)) continue;
      machine.budget().spend(sizeof(Value));
      seen->set(key, Value());
      return true;
    }
    return false;
  });
}

}  // namespace

Filters sequence_filters() {
  return {{"default", or_default}, {"d", or_default},     {"first", first},
          {"last", last},          {"list", list_filter}, {"items", items_filter},
          {"batch", batch},        {"reverse", reverse},  {"unique", unique}};
}

}  // namespace gistmill::chat_template
