// Walks the names of statements and expressions in the order of Jinja's nodes, whose compiler stops and
// starts at the first mention of one.
#pragma once

#include "plugins/tokenizer/chat_template/nodes.hpp"

namespace gistmill::chat_template {

template <class OnExpression>
void visit_arguments(Arguments& arguments, const OnExpression& on_expression) {
  for (ExpressionPtr& one : arguments.positional) on_expression(*one);
  for (auto& [name, one] : arguments.named) on_expression(*one);
  if (arguments.star) on_expression(*arguments.star);
  if (arguments.double_star) on_expression(*arguments.double_star);
}

// The expressions right below one.
template <class OnExpression>
void visit_children(Expression& expression, const OnExpression& on_expression) {
  for (ExpressionPtr& child : expression.children) {
    if (child) on_expression(*child);
  }
  visit_arguments(expression.arguments, on_expression);
}

// Every name that a target sets, but for those of namespaces.
template <class OnTarget>
void visit_targets(Target& target, const OnTarget& on_target) {
  if (!target.is_tuple) return on_target(target);
  for (Target& part : target.parts) visit_targets(part, on_target);
}

}  // namespace gistmill::chat_template
