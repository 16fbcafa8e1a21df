// Statements, and the frames that they run in.
#include "plugins/tokenizer/chat_template/functions.hpp"
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/machine.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"
#include "plugins/tokenizer/chat_template/print.hpp"

namespace gistmill::chat_template {

Machine::~Machine() {
  for (const auto& space : namespaces_) space->attributes = {};
}

Machine::Frame::Frame(Machine& machine, const FramePlan& plan, const Scope* outer) : machine_(machine) {
  scope.outer = outer;
  scope.id = ++machine.scopes_;
  scope.depth = machine.alive_.size();
  machine.alive_.push_back(scope.id);
  scope.slots.resize(plan.slots);
  try {
    machine.enter(plan, scope);
  } catch (...) {
    machine.alive_.pop_back();
    throw;
  }
}

Machine::Frame::~Frame() { machine_.alive_.pop_back(); }

void Machine::enter(const FramePlan& plan, Scope& scope) {
  budget_.step(1 + plan.loads.size());
  for (const Load& load : plan.loads) {
    auto& slot = scope.slots[load.slot];
    slot.reset();
    if (load.from == Load::From::kOuter) slot = look(*scope.outer, load.outer);
    if (load.from != Load::From::kContext) continue;
    const Value* const given = context_.find(load.name);
    slot = given ? std::optional(*given) : global(load.name);
  }
}

std::string Machine::run(const Body& body, const FramePlan& plan) {
  Frame frame(*this, plan, nullptr);
  std::string out;
  execute(body, frame.scope, &out);
  return out;
}

void Machine::append(std::string* out, const std::string& text) {
  budget_.spend(text.size());
  *out += text;
}

void Machine::append(std::string* out, const Value& value) {
  if (value.is_text()) return append(out, value.as_text());
  append(out, printed(budget_, value));
}

Machine::Flow Machine::execute(const Body& body, Scope& scope, std::string* out) {
  const Budget::Call call(budget_);
  for (const StatementPtr& one : body) {
    budget_.step();
    try {
      if (const Flow flow = execute_one(*one, scope, out); flow != Flow::kNext) return flow;
    } catch (const Refusal& refusal) {
      if (refusal.located()) throw;
      throw Refusal(refusal.what(), one->at);
    }
  }
  return Flow::kNext;
}

Machine::Flow Machine::execute_one(const Statement& one, Scope& scope, std::string* out) {
  switch (one.kind) {
    case StatementKind::kOutput:
      return output(one, scope, out);
    case StatementKind::kIf:
      return choice(one, scope, out);
    case StatementKind::kFor:
      return loop(one, scope, out);
    case StatementKind::kSet:
      assign(one.target, scope, evaluate(*one.value, scope));
      return Flow::kNext;
    case StatementKind::kSetBlock:
    case StatementKind::kFilterBlock:
      return captured(one, scope, out);
    case StatementKind::kMacro:
      set(scope, one.slot, macro_value(one, scope));
      return Flow::kNext;
    case StatementKind::kCallBlock:
      return call_block(one, scope, out);
    case StatementKind::kGeneration:
      append(out, call(macro_value(one, scope), {}));
      return Flow::kNext;
    case StatementKind::kWith:
      return with(one, scope, out);
    case StatementKind::kBreak:
      return Flow::kBreak;
    case StatementKind::kContinue:
      return Flow::kContinue;
  }
  throw Refusal("a statement of an unknown kind");
}

Machine::Flow Machine::output(const Statement& one, Scope& scope, std::string* out) {
  append(out, one.text);
  for (const ExpressionPtr& expression : one.expressions) append(out, evaluate(*expression, scope));
  return Flow::kNext;
}

Machine::Flow Machine::choice(const Statement& one, Scope& scope, std::string* out) {
  for (const Branch& branch : one.branches) {
    if (!branch.condition || truth(evaluate(*branch.condition, scope)))
      return execute(branch.body, scope, out);
  }
  return Flow::kNext;
}

Machine::Flow Machine::captured(const Statement& one, Scope& scope, std::string* out) {
  Value value;
  {
    Frame frame(*this, one.frame, &scope);
    std::string text;
    // A break leaves the loop around, and what was written here is not used.
    if (const Flow flow = execute(one.body, frame.scope, &text); flow != Flow::kNext) return flow;
    value = Value::text(std::move(text));
    std::vector<const Expression*> filters;
    for (const Expression* filter = one.filter.get(); filter; filter = filter->children[0].get()) {
      filters.push_back(filter);
    }
    for (auto filter = filters.rbegin(); filter != filters.rend(); ++filter) {
      value = filtered(**filter, value, frame.scope);
    }
  }
  if (one.kind == StatementKind::kSetBlock) {
    assign(one.target, scope, value);
  } else {
    append_text(out, value);
  }
  return Flow::kNext;
}

// What a filter or call block gives is not printed as an expression is.
void Machine::append_text(std::string* out, const Value& value) {
  if (!value.is_text())
    throw Refusal(std::string("a block gives a '") + value.type_name() + "', expected text");
  append(out, value.as_text());
}

Machine::Flow Machine::with(const Statement& one, Scope& scope, std::string* out) {
  Frame frame(*this, one.frame, &scope);
  for (const auto& [target, value] : one.bindings) assign(target, frame.scope, evaluate(*value, scope));
  return execute(one.body, frame.scope, out);
}

Machine::Flow Machine::call_block(const Statement& one, Scope& scope, std::string* out) {
  const Value caller = macro_value(one, scope);
  append_text(out, called(*one.value, scope, &caller));
  return Flow::kNext;
}

void Machine::set(Scope& scope, const Slot& slot, const Value& value) {
  // What a frame sets is always its own.
  scope.slots[slot.index] = value;
}

void Machine::assign(const Target& target, Scope& scope, const Value& value) {
  if (!target.is_tuple) {
    if (target.attribute.empty()) return set(scope, target.slot, value);
    const auto& held = look(scope, target.slot);
    const auto* const space = held ? held->handle<Namespace>() : nullptr;
    if (!space) {
      throw Refusal("'" + target.name + "' is no namespace, and only their attributes can be set", target.at);
    }
    budget_.step();
    (*space)->attributes.set(Value::text(target.attribute), value);
    return;
  }
  const Values parts = collect(budget_, value);
  if (parts.size() != target.parts.size()) {
    throw Refusal(
        "expected " + std::to_string(target.parts.size()) + " values, found " + std::to_string(parts.size()),
        target.at);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) assign(target.parts[i], scope, parts[i]);
}

}  // namespace gistmill::chat_template
