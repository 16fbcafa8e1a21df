// Loops, and the variable `loop` in them.
#include "plugins/tokenizer/chat_template/iterate.hpp"
#include "plugins/tokenizer/chat_template/machine.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"

namespace gistmill::chat_template {

bool Loop::peek() {
  if (after) return true;
  if (!iterator) throw Refusal("'loop' is asked for more items when the loop is over");
  Value value;
  if (!iterator->next(&value)) return false;
  after = value;
  return true;
}

bool Loop::advance(Value* value) {
  if (!peek()) return false;
  *value = *std::exchange(after, std::nullopt);
  ++index0;
  before = std::exchange(current, *value);
  return true;
}

std::int64_t Loop::length() {
  if (size) return *size;
  if (!source.is_none()) return *(size = chat_template::length(source));
  // What has no length is read to its end now, and given from there.
  auto rest = std::make_shared<Values>();
  if (after) rest->push_back(*std::exchange(after, std::nullopt));
  for (Value value; iterator && iterator->next(&value);) rest->push_back(value);
  size = index0 + 1 + static_cast<std::int64_t>(rest->size());
  const Value handed = generator(Value(), [rest, at = std::size_t{0}](Value* value) mutable {
    if (at == rest->size()) return false;
    *value = (*rest)[at++];
    return true;
  });
  iterator = *handed.handle<Iterator>();
  return *size;
}

std::string Loop::printed() {
  return "<LoopContext " + std::to_string(index0 + 1) + "/" + std::to_string(length()) + ">";
}

void Loop::end() {
  before = current = after = changed = std::nullopt;
  source = Value();
  iterator = nullptr;
}

// The items for which the condition is true, asked one by one: it sees what the body has done until then.
std::shared_ptr<Iterator> Machine::selected(const Statement& one, Scope& scope, const Value& source) {
  auto items = iterate(budget_, source);
  if (!one.condition) return items;
  const Value chosen = generator(source, [this, &one, &scope, items](Value* value) {
    while (items->next(value)) {
      Frame inside(*this, one.condition_frame, &scope);
      std::size_t at = 0;
      assign_parts(one.target, one.condition_slots, &at, inside.scope, *value);
      if (truth(evaluate(*one.condition, inside.scope))) return true;
    }
    return false;
  });
  return *chosen.handle<Iterator>();
}

void Machine::assign_parts(const Target& target, const std::vector<Slot>& slots, std::size_t* at,
                           Scope& scope, const Value& value) {
  if (!target.is_tuple) return set(scope, slots[(*at)++], value);
  const Values parts = collect(budget_, value);
  if (parts.size() != target.parts.size()) {
    throw Refusal(
        "expected " + std::to_string(target.parts.size()) + " values, found " + std::to_string(parts.size()),
        target.at);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) assign_parts(target.parts[i], slots, at, scope, parts[i]);
}

Machine::Flow Machine::loop(const Statement& one, Scope& scope, std::string* out) {
  const Value source = evaluate(*one.value, scope);
  const auto state = std::make_shared<Loop>();
  state->iterator = selected(one, scope, source);
  const bool sized = !one.condition && !source.handle<Iterator>();
  if (sized) state->source = source;
  bool ran_through = false;
  Flow flow = Flow::kNext;
  try {
    flow = iterations(one, scope, *state, Value(state), &ran_through, out);
  } catch (...) {
    state->end();
    throw;
  }
  state->end();
  if (flow != Flow::kNext || ran_through || one.otherwise.empty()) return flow;
  Frame frame(*this, one.otherwise_frame, &scope);
  return execute(one.otherwise, frame.scope, out);
}

// The else runs unless an iteration came to its end: a break or continue in each of them counts as none, as
// Jinja compiles it.
Machine::Flow Machine::iterations(const Statement& one, Scope& scope, Loop& state, const Value& handle,
                                  bool* ran_through, std::string* out) {
  for (Value value; state.advance(&value);) {
    Frame frame(*this, one.frame, &scope);
    if (one.uses_loop) frame.scope.slots[one.loop_slot] = handle;
    assign(one.target, frame.scope, value);
    const Flow flow = execute(one.body, frame.scope, out);
    if (flow == Flow::kBreak) break;
    if (flow == Flow::kNext) *ran_through = true;
  }
  return Flow::kNext;
}

}  // namespace gistmill::chat_template
