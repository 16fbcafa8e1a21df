// What stands in {% %}.
#include <algorithm>
#include <array>

#include "plugins/tokenizer/chat_template/parser.hpp"

namespace gistmill::chat_template {
namespace {

constexpr std::array<std::string_view, 7> kRefused = {"block", "extends",    "include", "import",
                                                      "from",  "autoescape", "do"};

}  // namespace

StatementPtr Parser::statement() {
  if (!is(TokenKind::kName)) fail("expected the name of a tag, found " + shown());
  const std::string name = current().text;
  if (name == "for") return parse_for();
  if (name == "if") return parse_if();
  if (name == "set") return parse_set();
  if (name == "macro") return parse_macro();
  if (name == "call") return parse_call();
  if (name == "filter") return parse_filter_block();
  if (name == "with") return parse_with();
  if (name == "print") return parse_print();
  if (name == "generation") return parse_generation();
  if (name == "break") return parse_jump(StatementKind::kBreak);
  if (name == "continue") return parse_jump(StatementKind::kContinue);
  if (std::find(kRefused.begin(), kRefused.end(), name) != kRefused.end()) {
    fail("{% " + name + " %} is not supported in chat templates: write out what it stands for");
  }
  fail("unknown tag {% " + name + " %}");
}

StatementPtr Parser::parse_for() {
  StatementPtr loop = make(StatementKind::kFor);
  take();
  loop->target = target(false, true);
  expect_name("in");
  loop->value = tuple(false, false, "recursive");
  if (skip_name("if")) loop->condition = expression();
  if (is_name("recursive")) fail("a recursive loop is not supported: write a macro that calls itself");
  ++loops_;
  loop->body = body({"else", "endfor"});
  --loops_;
  if (take().text == "else") {
    // Not of this loop: a break here would leave the one around.
    loop->otherwise = body({"endfor"});
    take();
  }
  return loop;
}

StatementPtr Parser::parse_if() {
  StatementPtr choice = make(StatementKind::kIf);
  take();
  do {
    ExpressionPtr condition = tuple(false, false);
    Body chosen = body({"elif", "else", "endif"});
    choice->branches.push_back({std::move(condition), std::move(chosen)});
  } while (skip_name("elif"));
  if (skip_name("else")) choice->branches.push_back({nullptr, body({"endif"})});
  expect_name("endif");
  return choice;
}

StatementPtr Parser::parse_set() {
  StatementPtr set = make(StatementKind::kSet);
  take();
  set->target = target(true, false);
  if (skip_sign("=")) {
    set->value = tuple(true, false);
    return set;
  }
  set->kind = StatementKind::kSetBlock;
  while (is_sign("|")) {
    take();
    set->filter = filter(std::move(set->filter));
  }
  set->body = body({"endset"});
  take();
  return set;
}

void Parser::parse_parameters(Statement* macro) {
  expect_sign("(");
  while (!is_sign(")")) {
    if (!macro->parameters.empty()) expect_sign(",");
    const Token name = expect(TokenKind::kName, "the name of a parameter");
    refuse_constant(name);
    for (const Parameter& other : macro->parameters) {
      if (other.name == name.text) fail("parameter " + name.text + " is there twice");
    }
    Parameter parameter{name.text, nullptr, 0};
    if (skip_sign("=")) {
      parameter.otherwise = expression();
    } else if (!macro->parameters.empty() && macro->parameters.back().otherwise) {
      fail("parameter " + name.text + " without a default follows one with a default");
    }
    macro->parameters.push_back(std::move(parameter));
  }
  expect_sign(")");
}

StatementPtr Parser::parse_macro() {
  StatementPtr macro = make(StatementKind::kMacro);
  take();
  const Token name = expect(TokenKind::kName, "the name of a macro");
  refuse_constant(name);
  macro->text = name.text;
  parse_parameters(macro.get());
  const int loops = std::exchange(loops_, 0);
  macro->body = body({"endmacro"});
  loops_ = loops;
  take();
  return macro;
}

StatementPtr Parser::parse_call() {
  StatementPtr block = make(StatementKind::kCallBlock);
  take();
  if (is_sign("(")) parse_parameters(block.get());
  block->value = expression();
  if (block->value->kind != ExpressionKind::kCall) fail("{% call %} needs a call");
  const int loops = std::exchange(loops_, 0);
  block->body = body({"endcall"});
  loops_ = loops;
  take();
  return block;
}

StatementPtr Parser::parse_filter_block() {
  StatementPtr block = make(StatementKind::kFilterBlock);
  take();
  block->filter = filter(nullptr);
  while (is_sign("|")) {
    take();
    block->filter = filter(std::move(block->filter));
  }
  block->body = body({"endfilter"});
  take();
  return block;
}

StatementPtr Parser::parse_with() {
  StatementPtr with = make(StatementKind::kWith);
  take();
  while (!is(TokenKind::kBlockEnd)) {
    if (!with->bindings.empty()) expect_sign(",");
    Target bound = target(false, false);
    expect_sign("=");
    with->bindings.emplace_back(std::move(bound), expression());
  }
  with->body = body({"endwith"});
  take();
  return with;
}

StatementPtr Parser::parse_print() {
  StatementPtr output = make(StatementKind::kOutput);
  take();
  while (!is(TokenKind::kBlockEnd)) {
    if (!output->expressions.empty()) expect_sign(",");
    output->expressions.push_back(expression());
  }
  return output;
}

StatementPtr Parser::parse_generation() {
  StatementPtr block = make(StatementKind::kGeneration);
  take();
  const int loops = std::exchange(loops_, 0);
  block->body = body({"endgeneration"});
  loops_ = loops;
  take();
  return block;
}

StatementPtr Parser::parse_jump(StatementKind kind) {
  StatementPtr jump = make(kind);
  const std::string name = take().text;
  if (loops_ == 0) throw Refusal("{% " + name + " %} is not in a loop", jump->at);
  return jump;
}

void Parser::refuse_constant(const Token& token) {
  static constexpr std::array<std::string_view, 6> kConstants = {"true", "false", "none",
                                                                 "True", "False", "None"};
  if (std::find(kConstants.begin(), kConstants.end(), token.text) != kConstants.end()) {
    throw Refusal("'" + token.text + "' cannot be assigned to", token.at);
  }
}

Target Parser::one_target(bool namespaces) {
  if (skip_sign("(")) {
    const Nested nested(*this);
    Target inner = target(namespaces, false);
    expect_sign(")");
    return inner;
  }
  const Token name = expect(TokenKind::kName, "a name to assign to");
  Target one;
  one.at = name.at;
  one.name = name.text;
  if (namespaces && skip_sign(".")) {
    one.attribute = expect(TokenKind::kName, "the name of an attribute").text;
  } else {
    refuse_constant(name);
  }
  return one;
}

Target Parser::target(bool namespaces, bool until_in) {
  Target all;
  all.at = current().at;
  for (;;) {
    if (!all.parts.empty()) expect_sign(",");
    if (is(TokenKind::kBlockEnd) || is_sign(")") || (until_in && is_name("in"))) break;
    all.parts.push_back(one_target(namespaces));
    if (!is_sign(",")) break;
    all.is_tuple = true;
  }
  if (all.is_tuple) return all;
  if (all.parts.empty()) fail("expected a name to assign to, found " + shown());
  return Target(std::move(all.parts.front()));
}

}  // namespace gistmill::chat_template
