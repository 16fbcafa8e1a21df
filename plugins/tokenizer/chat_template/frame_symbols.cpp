#include "plugins/tokenizer/chat_template/frame_symbols.hpp"

#include "plugins/tokenizer/chat_template/visit_names.hpp"

namespace gistmill::chat_template {

std::optional<Slot> Symbols::find(const std::string& name) const {
  int hops = 0;
  for (const Symbols* frame = this; frame != nullptr; frame = frame->outer_, ++hops) {
    if (frame->loads_.count(name) > 0) return Slot{hops, frame->slots_->at(name)};
  }
  return std::nullopt;
}

std::size_t Symbols::define(const std::string& name, Load load) {
  const std::size_t slot = slots_->emplace(name, slots_->size()).first->second;
  load.slot = slot;
  loads_[name] = std::move(load);
  return slot;
}

std::size_t Symbols::parameter(const std::string& name) {
  stores_.insert(name);
  return define(name, {0, Load::From::kParameter, name, {}});
}

void Symbols::load(const std::string& name) {
  if (!find(name)) define(name, {0, Load::From::kContext, name, {}});
}

void Symbols::store(const std::string& name) {
  stores_.insert(name);
  if (loads_.count(name) > 0) return;
  const auto outer = outer_ ? outer_->find(name) : std::nullopt;
  define(name, outer ? Load{0, Load::From::kOuter, name, *outer} : Load{0, Load::From::kNothing, name, {}});
}

void Symbols::join(const std::vector<Symbols>& branches) {
  std::set<std::string> stored;
  for (const Symbols& branch : branches) stored.insert(branch.stores_.begin(), branch.stores_.end());
  for (const std::string& name : stores_) stored.erase(name);
  for (const Symbols& branch : branches) {
    for (const auto& [name, load] : branch.loads_) loads_[name] = load;
    stores_.insert(branch.stores_.begin(), branch.stores_.end());
  }
  for (const std::string& name : stored) {
    const auto outer = outer_ ? outer_->find(name) : std::nullopt;
    define(name, outer ? Load{0, Load::From::kOuter, name, *outer} : Load{0, Load::From::kContext, name, {}});
  }
}

FramePlan Symbols::plan() const {
  FramePlan plan;
  for (const auto& [name, load] : loads_) {
    if (load.from != Load::From::kParameter) plan.loads.push_back(load);
  }
  plan.slots = slots_->size();
  return plan;
}

void FrameVisitor::body(Body& body) {
  for (StatementPtr& one : body) statement(*one);
}

void FrameVisitor::expression(Expression& one) {
  if (one.kind == ExpressionKind::kName) symbols_->load(one.name);
  visit_children(one, [&](Expression& child) { expression(child); });
}

void FrameVisitor::targets(Target& target) {
  visit_targets(target, [&](Target& one) {
    one.attribute.empty() ? symbols_->store(one.name) : symbols_->load(one.name);
  });
}

void FrameVisitor::statement(Statement& one) {
  switch (one.kind) {
    case StatementKind::kOutput:
      for (ExpressionPtr& value : one.expressions) expression(*value);
      return;
    case StatementKind::kIf:
      return branches(one);
    case StatementKind::kFor:
    case StatementKind::kCallBlock:
      return expression(*one.value);
    case StatementKind::kSet:
      expression(*one.value);
      return targets(one.target);
    case StatementKind::kSetBlock:
      return targets(one.target);
    case StatementKind::kMacro:
      return symbols_->store(one.text);
    case StatementKind::kFilterBlock:
      return expression(*one.filter);
    case StatementKind::kWith:
      for (auto& [target, value] : one.bindings) expression(*value);
      return;
    case StatementKind::kGeneration:
    case StatementKind::kBreak:
    case StatementKind::kContinue:
      return;
  }
}

// Jinja reads three branches: what is in the if, in all of its elifs, in its else. An elif is an if of its
// own within the second.
void FrameVisitor::branches(Statement& choice) {
  Symbols* const around = symbols_;
  expression(*choice.branches.front().condition);
  Symbols first = *around, middle = *around, last = *around;
  symbols_ = &first;
  body(choice.branches.front().body);
  for (std::size_t i = 1; i < choice.branches.size(); ++i) {
    Branch& branch = choice.branches[i];
    if (!branch.condition) {
      symbols_ = &last;
      body(branch.body);
      continue;
    }
    symbols_ = &middle;
    expression(*branch.condition);
    Symbols inside = middle;
    symbols_ = &inside;
    body(branch.body);
    middle.join({inside, middle, middle});
  }
  symbols_ = around;
  around->join({first, middle, last});
}

}  // namespace gistmill::chat_template
