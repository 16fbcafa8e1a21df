// map, select, reject and their kin: filters by filters and tests. They give generators, which can be gone
// through once.
#include <algorithm>

#include "plugins/tokenizer/chat_template/filters.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"

namespace gistmill::chat_template {
namespace {

using Step = std::function<bool(Value*)>;  // false: the value is left out

// Goes through the value when it is asked, and not at all where it is false.
Value stepwise(const FilterCall& call, const std::function<Step()>& prepare) {
  Machine& machine = call.machine;
  std::shared_ptr<Iterator> source;
  return generator(call.value,
                   [&machine, value = call.value, prepare, source, step = Step()](Value* one) mutable {
                     if (!source) {
                       if (!truth(value)) return false;
                       step = prepare();
                       source = iterate(machine.budget(), value);
                     }
                     while (source->next(one)) {
                       if (step(one)) return true;
                     }
                     return false;
                   });
}

const Value* named(const CallArguments& arguments, const std::string& name) {
  for (const auto& [key, value] : arguments.named) {
    if (key == name) return &value;
  }
  return nullptr;
}

// The arguments behind the first `count`.
CallArguments behind(const CallArguments& arguments, std::size_t count) {
  return {{arguments.positional.begin() + static_cast<std::ptrdiff_t>(count), arguments.positional.end()},
          arguments.named};
}

Step by_attribute(Machine& machine, const CallArguments& arguments) {
  for (const auto& [key, value] : arguments.named) {
    if (key != "attribute" && key != "default") throw Refusal("map has no argument " + key);
  }
  const Value path = *named(arguments, "attribute");
  const Value* const otherwise = named(arguments, "default");
  return [&machine, path, otherwise = otherwise ? *otherwise : Value()](Value* one) {
    *one = path_of(machine, *one, path, otherwise);
    return true;
  };
}

Step by_filter(Machine& machine, const CallArguments& arguments) {
  if (arguments.positional.empty()) throw Refusal("map needs the name of a filter, or an attribute");
  const Value& name = arguments.positional.front();
  if (!name.is_text()) throw Refusal("map needs the name of a filter as a string");
  return [&machine, filter = name.as_text(), rest = behind(arguments, 1)](Value* one) {
    *one = apply_filter(machine, filter, *one, rest);
    return true;
  };
}

Value map(const FilterCall& call) {
  Machine& machine = call.machine;
  return stepwise(call, [&machine, arguments = call.arguments] {
    const bool attribute = arguments.positional.empty() && named(arguments, "attribute");
    return attribute ? by_attribute(machine, arguments) : by_filter(machine, arguments);
  });
}

Value chosen(const FilterCall& call, bool keep, bool attribute) {
  Machine& machine = call.machine;
  return stepwise(call, [&machine, arguments = call.arguments, keep, attribute]() -> Step {
    const std::size_t before = attribute ? 1 : 0;
    if (arguments.positional.size() < before) throw Refusal("selectattr needs the name of an attribute");
    const Value path = attribute ? arguments.positional.front() : Value();
    if (arguments.positional.size() == before) {
      return [&machine, keep, path](Value* one) { return truth(path_of(machine, *one, path)) == keep; };
    }
    const Value test = arguments.positional[before];
    if (!test.is_text()) throw Refusal("the name of a test is not a string");
    return [&machine, keep, path, test, rest = behind(arguments, before + 1)](Value* one) {
      return apply_test(machine, test.as_text(), path_of(machine, *one, path), rest) == keep;
    };
  });
}

}  // namespace

Filters selection_filters() {
  return {{"map", map},
          {"select", [](const FilterCall& call) { return chosen(call, true, false); }},
          {"reject", [](const FilterCall& call) { return chosen(call, false, false); }},
          {"selectattr", [](const FilterCall& call) { return chosen(call, true, true); }},
          {"rejectattr", [](const FilterCall& call) { return chosen(call, false, true); }}};
}

}  // namespace gistmill::chat_template
