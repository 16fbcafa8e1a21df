#include "plugins/tokenizer/chat_template/name_uses.hpp"

#include "plugins/tokenizer/chat_template/visit_names.hpp"

namespace gistmill::chat_template {
namespace {

// Jinja's UndeclaredNameVisitor. Unlike other visitors it goes into macros and loops.
class UseVisitor {
 public:
  explicit UseVisitor(std::set<std::string> names) : names_(std::move(names)) {}
  std::set<std::string> found;

  void body(Body& body) {
    for (StatementPtr& one : body) statement(*one);
  }

 private:
  void expression(Expression& one) {
    if (one.kind == ExpressionKind::kName && names_.count(one.name) > 0) found.insert(one.name);
    visit_children(one, [&](Expression& child) { expression(child); });
  }
  void expression(const ExpressionPtr& one) {
    if (one) expression(*one);
  }
  void targets(Target& target) {
    if (target.name.empty() && !target.is_tuple) return;
    visit_targets(target, [&](Target& one) {
      if (one.attribute.empty()) names_.erase(one.name);
    });
  }

  void statement(Statement& one) {
    for (ExpressionPtr& value : one.expressions) expression(value);
    if (one.kind == StatementKind::kIf) return branches(one);
    if (one.kind == StatementKind::kCallBlock) expression(one.value);
    targets(one.target);
    for (Parameter& parameter : one.parameters) names_.erase(parameter.name);
    for (Parameter& parameter : one.parameters) expression(parameter.otherwise);
    for (auto& [target, value] : one.bindings) targets(target);
    for (auto& [target, value] : one.bindings) expression(value);
    if (one.kind != StatementKind::kCallBlock) expression(one.value);
    if (one.kind == StatementKind::kSetBlock) expression(one.filter);
    body(one.body);
    if (one.kind == StatementKind::kFilterBlock) expression(one.filter);
    body(one.otherwise);
    expression(one.condition);
  }

  void branches(Statement& choice) {
    for (Branch& branch : choice.branches) {
      expression(branch.condition);
      body(branch.body);
    }
  }

  std::set<std::string> names_;
};

}  // namespace

std::set<std::string> uses_of(Body& body, std::set<std::string> names) {
  UseVisitor visitor(std::move(names));
  visitor.body(body);
  return visitor.found;
}

}  // namespace gistmill::chat_template
