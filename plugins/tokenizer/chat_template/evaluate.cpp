// Expressions.
#include <cmath>

#include "plugins/tokenizer/chat_template/functions.hpp"
#include "plugins/tokenizer/chat_template/machine.hpp"
#include "plugins/tokenizer/chat_template/operators.hpp"
#include "plugins/tokenizer/chat_template/print.hpp"

namespace gistmill::chat_template {

Value Machine::evaluate(const Expression& one, const Scope& scope) {
  const Budget::Call call(budget_);
  budget_.step();
  try {
    return evaluate_node(one, scope);
  } catch (const Refusal& refusal) {
    if (refusal.located()) throw;
    throw Refusal(refusal.what(), one.at);
  }
}

Value Machine::evaluate_node(const Expression& one, const Scope& scope) {
  switch (one.kind) {
    case ExpressionKind::kConstant:
      return one.constant;
    case ExpressionKind::kName:
      return name(one, scope);
    case ExpressionKind::kTuple:
    case ExpressionKind::kList:
      return container(one, scope);
    case ExpressionKind::kDict:
      return dict(one, scope);
    case ExpressionKind::kAttribute:
      return attribute_of(*this, evaluate(*one.children[0], scope), one.name);
    case ExpressionKind::kItem: {
      const Value value = evaluate(*one.children[0], scope);
      return item_of(*this, value, evaluate(*one.children[1], scope));
    }
    case ExpressionKind::kSlice:
      return slice(one, scope);
    case ExpressionKind::kCall:
      return called(one, scope);
    case ExpressionKind::kFilter:
      return filtered(one, evaluate(*one.children[0], scope), scope);
    case ExpressionKind::kTest: {
      const Value value = evaluate(*one.children[0], scope);
      return Value(apply_test(*this, one.name, value, arguments(one.arguments, scope)));
    }
    default:
      return operation(one, scope);
  }
}

Value Machine::operation(const Expression& one, const Scope& scope) {
  switch (one.kind) {
    case ExpressionKind::kNegative:
    case ExpressionKind::kPositive:
    case ExpressionKind::kNot:
      return unary(one, scope);
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr: {
      const Value left = evaluate(*one.children[0], scope);
      return truth(left) == (one.kind == ExpressionKind::kOr) ? left : evaluate(*one.children[1], scope);
    }
    case ExpressionKind::kArithmetic: {
      const Value left = evaluate(*one.children[0], scope);
      const Value right = evaluate(*one.children[1], scope);
      const bool signs =
          one.sign_of_power && left.is_number() && !left.is<bool>() && std::signbit(left.real());
      return signs ? negative(arithmetic(budget_, one.name, negative(left), right))
                   : arithmetic(budget_, one.name, left, right);
    }
    case ExpressionKind::kConcatenate:
      return concatenation(one, scope);
    case ExpressionKind::kCompare:
      return comparison(one, scope);
    case ExpressionKind::kConditional:
      return conditional(one, scope);
    default:
      throw Refusal("an expression of an unknown kind");
  }
}

const std::optional<Value>& Machine::look(const Scope& scope, const Slot& slot) {
  const Scope* frame = &scope;
  for (int i = 0; i < slot.hops; ++i) frame = frame->outer;
  return frame->slots[slot.index];
}

Value Machine::name(const Expression& one, const Scope& scope) {
  const std::optional<Value>& found = look(scope, one.slot);
  return found ? *found : Value::undefined("'" + one.name + "' is undefined");
}

Value Machine::container(const Expression& one, const Scope& scope) {
  budget_.spend(one.children.size() * sizeof(Value));
  Values items;
  items.reserve(one.children.size());
  for (const ExpressionPtr& child : one.children) items.push_back(evaluate(*child, scope));
  return one.kind == ExpressionKind::kList ? list_of(std::move(items)) : tuple_of(std::move(items));
}

Value Machine::dict(const Expression& one, const Scope& scope) {
  budget_.spend(one.children.size() * sizeof(Value));
  Dict made;
  for (std::size_t i = 0; i < one.children.size(); i += 2) {
    const Value key = evaluate(*one.children[i], scope);
    made.set(key, evaluate(*one.children[i + 1], scope));
  }
  return dict_of(std::move(made));
}

Value Machine::unary(const Expression& one, const Scope& scope) {
  const Value value = evaluate(*one.children[0], scope);
  if (one.kind == ExpressionKind::kNot) return Value(!truth(value));
  return one.kind == ExpressionKind::kNegative ? negative(value) : positive(value);
}

Value Machine::comparison(const Expression& one, const Scope& scope) {
  Value left = evaluate(*one.children[0], scope);
  for (std::size_t i = 0; i < one.operators.size(); ++i) {
    const Value right = evaluate(*one.children[i + 1], scope);
    if (!compare(budget_, one.operators[i], left, right)) return Value(false);
    left = right;
  }
  return Value(true);
}

Value Machine::conditional(const Expression& one, const Scope& scope) {
  if (truth(evaluate(*one.children[0], scope))) return evaluate(*one.children[1], scope);
  if (one.children[2]) return evaluate(*one.children[2], scope);
  return Value::undefined("the inline if-expression on line " + std::to_string(one.at.line) +
                          " evaluated to false and no else section was defined.");
}

Value Machine::concatenation(const Expression& one, const Scope& scope) {
  Values parts;
  for (const ExpressionPtr& child : one.children) parts.push_back(evaluate(*child, scope));
  std::string text;
  for (const Value& part : parts) append(&text, part);
  return Value::text(std::move(text));
}

Value Machine::slice(const Expression& one, const Scope& scope) {
  const Value value = evaluate(*one.children[0], scope);
  Values parts(3);
  for (std::size_t i = 0; i < 3; ++i) {
    if (one.children[i + 1]) parts[i] = evaluate(*one.children[i + 1], scope);
  }
  return slice_of(budget_, value, parts[0], parts[1], parts[2]);
}

Value Machine::filtered(const Expression& one, const Value& value, const Scope& scope) {
  return apply_filter(*this, one.name, value, arguments(one.arguments, scope));
}

}  // namespace gistmill::chat_template
