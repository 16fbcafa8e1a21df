#include "plugins/tokenizer/chat_template/symbols.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "plugins/tokenizer/chat_template/frame_symbols.hpp"
#include "plugins/tokenizer/chat_template/functions.hpp"
#include "plugins/tokenizer/chat_template/name_uses.hpp"
#include "plugins/tokenizer/chat_template/visit_names.hpp"

namespace gistmill::chat_template {
namespace {

// Gives every name its slot, frame by frame. `soft`: within an if, where a filter that is not known is
// complained about only when it runs.
class Binder {
 public:
  void body(Body& body, Symbols& symbols, bool soft) {
    for (StatementPtr& one : body) statement(*one, symbols, soft);
  }

 private:
  void statement(Statement& one, Symbols& symbols, bool soft) {
    switch (one.kind) {
      case StatementKind::kOutput:
        for (ExpressionPtr& value : one.expressions) expression(*value, symbols, soft);
        return;
      case StatementKind::kIf:
        for (Branch& branch : one.branches) {
          if (branch.condition) expression(*branch.condition, symbols, true);
          body(branch.body, symbols, true);
        }
        return;
      case StatementKind::kFor:
        return loop(one, symbols, soft);
      case StatementKind::kSet:
        expression(*one.value, symbols, soft);
        return assign(one.target, symbols);
      case StatementKind::kSetBlock:
      case StatementKind::kFilterBlock:
        return captured(one, symbols);
      case StatementKind::kMacro:
        macro(one, symbols);
        one.slot = *symbols.find(one.text);
        return;
      case StatementKind::kCallBlock:
        macro(one, symbols);
        return expression(*one.value, symbols, soft);
      case StatementKind::kGeneration:
        return macro(one, symbols);
      case StatementKind::kWith:
        return with(one, symbols, soft);
      case StatementKind::kBreak:
      case StatementKind::kContinue:
        return;
    }
  }

  void expression(Expression& one, Symbols& symbols, bool soft) {
    if (one.kind == ExpressionKind::kName) {
      if (!symbols.find(one.name)) symbols.load(one.name);
      one.slot = *symbols.find(one.name);
    }
    if (one.kind == ExpressionKind::kFilter && !soft) check_filter(one.name, one.at);
    if (one.kind == ExpressionKind::kTest && !soft) check_test(one.name, one.at);
    const bool inside = soft || one.kind == ExpressionKind::kConditional;
    visit_children(one, [&](Expression& child) { expression(child, symbols, inside); });
  }

  void assign(Target& target, Symbols& symbols) {
    visit_targets(target, [&](Target& one) {
      if (one.attribute.empty() && one.name == "loop" && loops_ > 0) {
        throw Refusal("'loop' cannot be assigned to in a loop", one.at);
      }
      one.slot = *symbols.find(one.name);
    });
  }

  void loop(Statement& one, Symbols& outer, bool soft) {
    ++loops_;
    Symbols inside(&outer), test(&outer), otherwise(&outer);
    one.uses_loop = uses_of(one.body, {"loop"}).count("loop") > 0;
    if (one.uses_loop) one.loop_slot = inside.parameter("loop");
    const auto declare = [&](Symbols& symbols) {
      visit_targets(one.target, [&](Target& part) { symbols.parameter(part.name); });
    };
    declare(inside);
    FrameVisitor(inside).body(one.body);
    FrameVisitor(otherwise).body(one.otherwise);
    assign(one.target, inside);
    if (one.condition) {
      declare(test);
      FrameVisitor(test).expression(*one.condition);
      expression(*one.condition, test, false);
      visit_targets(one.target, [&](Target& part) { one.condition_slots.push_back(*test.find(part.name)); });
    }
    expression(*one.value, outer, soft);
    body(one.body, inside, false);
    body(one.otherwise, otherwise, false);
    --loops_;
    one.frame = inside.plan();
    one.otherwise_frame = otherwise.plan();
    if (one.condition) one.condition_frame = test.plan();
  }

  void captured(Statement& one, Symbols& outer) {
    Symbols inside(&outer);
    FrameVisitor(inside).body(one.body);
    if (one.filter) {
      FrameVisitor(inside).expression(*one.filter);
      expression(*one.filter, inside, false);
    }
    body(one.body, inside, false);
    if (one.kind == StatementKind::kSetBlock) assign(one.target, outer);
    one.frame = inside.plan();
  }

  void with(Statement& one, Symbols& outer, bool soft) {
    Symbols inside(&outer);
    for (auto& [target, value] : one.bindings) {
      expression(*value, outer, soft);
      visit_targets(target, [&](Target& part) { part.slot = {0, inside.parameter(part.name)}; });
    }
    FrameVisitor(inside).body(one.body);
    body(one.body, inside, false);
    one.frame = inside.plan();
  }

  void special_parameters(Statement& one, Symbols& inside) {
    const auto uses = uses_of(one.body, {"caller", "kwargs", "varargs"});
    const auto own = [&](const char* name) {
      for (const Parameter& parameter : one.parameters) {
        if (parameter.name == name) return true;
      }
      return false;
    };
    for (const Parameter& parameter : one.parameters) {
      if (parameter.name == "caller" && uses.count("caller") > 0 && !parameter.otherwise) {
        throw Refusal("the parameter caller needs a default, or to be left out", one.at);
      }
    }
    one.uses_caller = uses.count("caller") > 0;
    one.uses_named = uses.count("kwargs") > 0 && !own("kwargs");
    one.uses_positional = uses.count("varargs") > 0 && !own("varargs");
    if (one.uses_caller) one.caller_slot = inside.parameter("caller");
    if (one.uses_named) one.named_slot = inside.parameter("kwargs");
    if (one.uses_positional) one.positional_slot = inside.parameter("varargs");
  }

  void macro(Statement& one, Symbols& outer) {
    Symbols inside(&outer);
    for (Parameter& parameter : one.parameters) parameter.slot = inside.parameter(parameter.name);
    special_parameters(one, inside);
    FrameVisitor visitor(inside);
    for (Parameter& parameter : one.parameters) {
      if (parameter.otherwise) visitor.expression(*parameter.otherwise);
    }
    visitor.body(one.body);
    for (Parameter& parameter : one.parameters) {
      if (parameter.otherwise) expression(*parameter.otherwise, inside, false);
    }
    body(one.body, inside, false);
    one.frame = inside.plan();
  }

  int loops_ = 0;  // around the place
};

}  // namespace

FramePlan bind_names(Body* body) {
  Symbols symbols(nullptr);
  FrameVisitor(symbols).body(*body);
  Binder().body(*body, symbols, false);
  return symbols.plan();
}

}  // namespace gistmill::chat_template
