// Calls: arguments, macros, functions, methods.
#include <algorithm>

#include "plugins/tokenizer/chat_template/functions.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/machine.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"
#include "plugins/tokenizer/chat_template/print.hpp"
#include "plugins/tokenizer/chat_template/strftime.hpp"

namespace gistmill::chat_template {

CallArguments Machine::arguments(const Arguments& given, const Scope& scope) {
  CallArguments all;
  for (const ExpressionPtr& one : given.positional) all.positional.push_back(evaluate(*one, scope));
  for (const auto& [name, one] : given.named) all.named.emplace_back(name, evaluate(*one, scope));
  if (given.star) {
    for (const Value& one : collect(budget_, evaluate(*given.star, scope))) all.positional.push_back(one);
  }
  if (given.double_star) spread(evaluate(*given.double_star, scope), &all);
  return all;
}

void Machine::spread(const Value& named, CallArguments* out) {
  const auto* const dict = named.look<Dict>();
  expect_defined(named);
  if (!dict) throw Refusal("** needs a dictionary");
  for (const auto& [key, value] : dict->entries) {
    budget_.spend(sizeof(Value));
    if (!key.is_text()) throw Refusal("** needs a dictionary whose keys are strings");
    const auto same = [&key = key](const auto& other) { return other.first == key.as_text(); };
    if (std::any_of(out->named.begin(), out->named.end(), same)) {
      throw Refusal("argument " + key.as_text() + " is given twice");
    }
    out->named.emplace_back(key.as_text(), value);
  }
}

Value Machine::called(const Expression& one, const Scope& scope, const Value* caller) {
  const Value what = evaluate(*one.children[0], scope);
  CallArguments given = arguments(one.arguments, scope);
  if (caller) given.named.emplace_back("caller", *caller);
  return call(what, given);
}

Value Machine::call(const Value& what, const CallArguments& given) {
  const Budget::Call nested(budget_);
  budget_.step();
  if (const auto* macro = what.look<Macro>()) return call_macro(*macro, given);
  if (const auto* function = what.get<Function>()) return call_function(*function, given);
  if (const auto* method = what.look<Method>()) return call_method(*method, given);
  expect_defined(what);
  if (what.handle<Loop>())
    throw Refusal("a recursive loop is not supported: write a macro that calls itself");
  throw Refusal(std::string("a value of type '") + what.type_name() + "' cannot be called");
}

Value Machine::call_method(const Method& method, const CallArguments& given) {
  if (method.self.is_text()) return call_text_method(*this, method.self, method.name, given);
  if (const auto* loop = method.self.handle<Loop>())
    return call_loop_method(*this, **loop, method.name, given);
  return call_container_method(*this, method.self, method.name, given);
}

Value Machine::macro_value(const Statement& one, const Scope& scope) const {
  return Value(std::make_shared<const Macro>(Macro{one.text, &one, &scope, scope.id, scope.depth}));
}

Value Machine::call_macro(const Macro& macro, const CallArguments& given) {
  const bool there = macro.scope_depth < alive_.size() && alive_[macro.scope_depth] == macro.scope_id;
  if (!there) throw Refusal("macro '" + macro.name + "' is called where the block that defines it is over");
  const Statement& definition = *macro.definition;
  Frame frame(*this, definition.frame, macro.scope);
  bind_parameters(macro, given, frame.scope);
  std::string out;
  for (const Parameter& parameter : definition.parameters) {
    auto& slot = frame.scope.slots[parameter.slot];
    if (slot) continue;
    slot = parameter.otherwise ? evaluate(*parameter.otherwise, frame.scope)
                               : Value::undefined("parameter '" + parameter.name + "' was not provided");
  }
  execute(definition.body, frame.scope, &out);
  return Value::text(std::move(out));
}

// As Jinja's Macro: by place, then by name; what is left goes to varargs and kwargs where the body uses them.
void Machine::bind_parameters(const Macro& macro, const CallArguments& given, Scope& scope) {
  const Statement& definition = *macro.definition;
  const auto& parameters = definition.parameters;
  const std::size_t count = std::min(given.positional.size(), parameters.size());
  auto named = given.named;
  const auto take = [&](const std::string& name) -> std::optional<Value> {
    const auto found =
        std::find_if(named.begin(), named.end(), [&](const auto& one) { return one.first == name; });
    if (found == named.end()) return std::nullopt;
    Value value = found->second;
    named.erase(found);
    return value;
  };
  bool own_caller = false;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    scope.slots[parameters[i].slot] =
        i < count ? std::optional(given.positional[i]) : take(parameters[i].name);
    own_caller |= parameters[i].name == "caller";
  }
  if (definition.uses_caller && !own_caller) {
    scope.slots[definition.caller_slot] = take("caller").value_or(Value::undefined("No caller defined"));
  }
  if (definition.uses_named) {
    Dict rest;
    for (const auto& [name, value] : named) rest.set(Value::text(name), value);
    scope.slots[definition.named_slot] = dict_of(std::move(rest));
  } else if (!named.empty()) {
    throw Refusal("macro '" + macro.name + "' has no argument " + named.front().first);
  }
  const auto rest = given.positional.begin() + static_cast<std::ptrdiff_t>(count);
  if (definition.uses_positional) {
    scope.slots[definition.positional_slot] = tuple_of(Values(rest, given.positional.end()));
  } else if (rest != given.positional.end()) {
    throw Refusal("macro '" + macro.name + "' takes at most " + std::to_string(parameters.size()) +
                  " arguments");
  }
}

namespace {

Value range_of(const CallArguments& given, const Limits& limits) {
  const Bound bound("range", given, {"/start", "/stop", "/step"}, 1);
  Range range{bound.whole(0, 0), 0, 1};
  if (bound.has(1)) {
    range.stop = bound.whole(1, 0);
    range.step = bound.whole(2, 1);
  } else {
    std::swap(range.start, range.stop);
  }
  if (range.step == 0) throw Refusal("range() has step 0");
  if (range.size() > limits.range) {
    throw Refusal("range() has " + std::to_string(range.size()) + " items, more than " +
                  std::to_string(limits.range));
  }
  return Value(range);
}

// dict(...): of a dictionary or of pairs, and of names.
Dict dict_from(Budget& budget, const CallArguments& given) {
  if (given.positional.size() > 1) throw Refusal("dict() takes at most 1 argument without a name");
  Dict made;
  if (!given.positional.empty()) {
    const Value& from = given.positional.front();
    const auto* const other = from.look<Dict>();
    budget.spend(other ? other->entries.size() * sizeof(Value) : 0);
    if (other) made = *other;
    const Values pairs = other ? Values() : collect(budget, from);
    for (const Value& pair : pairs) {
      const Values two = collect(budget, pair);
      if (two.size() != 2) throw Refusal("dict() needs pairs");
      made.set(two[0], two[1]);
    }
  }
  for (const auto& [name, value] : given.named) made.set(Value::text(name), value);
  return made;
}

}  // namespace

Value Machine::make_namespace(Dict attributes) {
  budget_.spend(sizeof(Namespace));
  namespaces_.push_back(std::make_shared<Namespace>(Namespace{std::move(attributes)}));
  return Value(namespaces_.back());
}

Value Machine::call_function(Function function, const CallArguments& given) {
  switch (function) {
    case Function::kRange:
      return range_of(given, budget_.limits());
    case Function::kDict:
      return dict_of(dict_from(budget_, given));
    case Function::kNamespace:
      return make_namespace(dict_from(budget_, given));
    case Function::kRaiseException: {
      const Bound bound("raise_exception", given, {"message"}, 1);
      throw Refusal("the template refuses these messages: " + printed(budget_, bound[0]));
    }
    case Function::kStrftimeNow: {
      const Bound bound("strftime_now", given, {"format"}, 1);
      return make_text(budget_, strftime_text(bound.text(0), now()));
    }
  }
  throw Refusal("an unknown function");
}

std::optional<Value> Machine::global(const std::string& name) {
  if (name == "range") return Value(Function::kRange);
  if (name == "dict") return Value(Function::kDict);
  if (name == "namespace") return Value(Function::kNamespace);
  if (name == "raise_exception") return Value(Function::kRaiseException);
  if (name == "strftime_now") return Value(Function::kStrftimeNow);
  if (name == "cycler" || name == "joiner" || name == "lipsum") {
    return Value::undefined("the function " + name +
                            "() is not supported in chat templates: use loop.index or join");
  }
  return std::nullopt;
}

}  // namespace gistmill::chat_template
