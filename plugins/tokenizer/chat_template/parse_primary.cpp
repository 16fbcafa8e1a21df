// Names, literals, brackets, and what follows them: attributes, subscripts, calls, filters, tests.
#include "plugins/tokenizer/chat_template/parser.hpp"

namespace gistmill::chat_template {

ExpressionPtr Parser::name_or_constant() {
  const Token token = take();
  ExpressionPtr made = node(ExpressionKind::kConstant, token.at);
  if (token.text == "true" || token.text == "True") {
    made->constant = Value(true);
  } else if (token.text == "false" || token.text == "False") {
    made->constant = Value(false);
  } else if (token.text != "none" && token.text != "None") {
    made->kind = ExpressionKind::kName;
    made->name = token.text;
  }
  return made;
}

ExpressionPtr Parser::primary() {
  ExpressionPtr made = node(ExpressionKind::kConstant, current().at);
  switch (current().kind) {
    case TokenKind::kName:
      return name_or_constant();
    case TokenKind::kInteger:
      made->constant = Value(take().integer);
      return made;
    case TokenKind::kFloat:
      made->constant = Value(take().real);
      return made;
    case TokenKind::kText: {
      std::string text;  // strings beside each other are one
      while (is(TokenKind::kText)) text += take().text;
      made->constant = Value::text(std::move(text));
      return made;
    }
    default:
      break;
  }
  if (is_sign("[")) return list();
  if (is_sign("{")) return dict();
  if (!skip_sign("(")) fail("expected an expression, found " + shown());
  made = tuple(true, true);
  expect_sign(")");
  return made;
}

ExpressionPtr Parser::tuple(bool conditional, bool parentheses, std::string_view end) {
  ExpressionPtr made = node(ExpressionKind::kTuple, current().at);
  bool comma = false;
  for (;;) {
    if (is(TokenKind::kVariableEnd) || is(TokenKind::kBlockEnd) || is_sign(")")) break;
    if (!end.empty() && is_name(end)) break;
    made->children.push_back(expression(conditional));
    if (!skip_sign(",")) break;
    comma = true;
  }
  if (comma) return finished(std::move(made));
  if (!made->children.empty()) return std::move(made->children.front());
  if (!parentheses) fail("expected an expression, found " + shown());
  return made;
}

ExpressionPtr Parser::list() {
  ExpressionPtr made = node(ExpressionKind::kList, take().at);
  while (!is_sign("]")) {
    if (!made->children.empty()) expect_sign(",");
    if (is_sign("]")) break;
    made->children.push_back(expression());
  }
  expect_sign("]");
  return finished(std::move(made));
}

ExpressionPtr Parser::dict() {
  ExpressionPtr made = node(ExpressionKind::kDict, take().at);
  while (!is_sign("}")) {
    if (!made->children.empty()) expect_sign(",");
    if (is_sign("}")) break;
    made->children.push_back(expression());
    expect_sign(":");
    made->children.push_back(expression());
  }
  expect_sign("}");
  return finished(std::move(made));
}

ExpressionPtr Parser::postfix(ExpressionPtr made) {
  for (;;) {
    if (is_sign(".")) {
      made = attribute(std::move(made));
    } else if (is_sign("[")) {
      made = subscript(std::move(made));
    } else if (is_sign("(")) {
      made = call(std::move(made));
    } else {
      return made;
    }
  }
}

ExpressionPtr Parser::filters_and_tests(ExpressionPtr made) {
  for (;;) {
    if (is_sign("|")) {
      take();
      made = filter(std::move(made));
    } else if (is_name("is")) {
      made = test(std::move(made));
    } else if (is_sign("(")) {
      made = call(std::move(made));
    } else {
      return made;
    }
  }
}

ExpressionPtr Parser::attribute(ExpressionPtr object) {
  const Position at = take().at;
  if (!is(TokenKind::kName) && !is(TokenKind::kInteger))
    fail("expected a name or a number, found " + shown());
  const Token token = take();
  const bool is_name = token.kind == TokenKind::kName;
  ExpressionPtr made = node(is_name ? ExpressionKind::kAttribute : ExpressionKind::kItem, at);
  made->children.push_back(std::move(object));
  if (!is_name) {
    made->children.push_back(node(ExpressionKind::kConstant, token.at));
    made->children.back()->constant = Value(token.integer);
    return finished(std::move(made));
  }
  made->name = token.text;
  if (made->name.starts_with("__")) {
    throw Refusal("attribute " + made->name + " is refused: templates do not reach into Python", at);
  }
  return finished(std::move(made));
}

ExpressionPtr Parser::subscript(ExpressionPtr object) {
  ExpressionPtr made = node(ExpressionKind::kItem, take().at);
  made->children.push_back(std::move(object));
  if (is_sign("]")) {
    made->children.push_back(node(ExpressionKind::kTuple, made->at));  // as Jinja reads x[]
  } else if (!is_sign(":")) {
    made->children.push_back(expression());
  }
  if (is_sign(":")) {
    made->kind = ExpressionKind::kSlice;
    made->children.resize(2);
    for (int part = 0; part < 2; ++part) {
      const bool there = skip_sign(":") && !is_sign(":") && !is_sign("]");
      made->children.push_back(there ? expression() : nullptr);
    }
  }
  if (is_sign(",")) fail("a subscript of several values is not supported: write a tuple in brackets");
  expect_sign("]");
  return finished(std::move(made));
}

ExpressionPtr Parser::call(ExpressionPtr called) {
  ExpressionPtr made = node(ExpressionKind::kCall, current().at);
  made->children.push_back(std::move(called));
  made->arguments = arguments();
  return finished(std::move(made));
}

void Parser::argument(Arguments* out) {
  const bool starred = out->star || out->double_star;
  if (is_sign("*") && !starred) {
    take();
    out->star = expression();
  } else if (is_sign("**") && !out->double_star) {
    take();
    out->double_star = expression();
  } else if (is(TokenKind::kName) && next().kind == TokenKind::kOperator && next().text == "=") {
    if (out->double_star) fail("an argument by name follows **");
    const Token name = take();
    take();
    for (const auto& [other, value] : out->named) {
      if (other == name.text) throw Refusal("argument " + name.text + " is given twice", name.at);
    }
    out->named.emplace_back(name.text, expression());
  } else if (starred || !out->named.empty()) {
    fail("an argument without a name follows one with a name, * or **");
  } else {
    out->positional.push_back(expression());
  }
}

Arguments Parser::arguments() {
  Arguments all;
  expect_sign("(");
  for (bool first = true; !is_sign(")"); first = false) {
    if (!first) expect_sign(",");
    if (is_sign(")")) break;
    argument(&all);
  }
  expect_sign(")");
  return all;
}

std::string Parser::dotted_name() {
  std::string name = expect(TokenKind::kName, "a name").text;
  while (skip_sign(".")) name += "." + expect(TokenKind::kName, "a name").text;
  return name;
}

ExpressionPtr Parser::filter(ExpressionPtr value) {
  ExpressionPtr made = node(ExpressionKind::kFilter, current().at);
  made->children.push_back(std::move(value));
  made->name = dotted_name();
  if (is_sign("(")) made->arguments = arguments();
  return finished(std::move(made));
}

ExpressionPtr Parser::test(ExpressionPtr value) {
  const Position at = take().at;
  const bool negated = skip_name("not");
  ExpressionPtr made = node(ExpressionKind::kTest, at);
  made->children.push_back(std::move(value));
  made->name = dotted_name();
  const bool begins_argument = is(TokenKind::kName) || is(TokenKind::kText) || is(TokenKind::kInteger) ||
                               is(TokenKind::kFloat) || is_sign("[") || is_sign("{");
  if (is_sign("(")) {
    made->arguments = arguments();
  } else if (begins_argument && !is_any_name({"else", "or", "and"})) {
    if (is_name("is")) fail("tests cannot be chained with 'is': use 'and'");
    made->arguments.positional.push_back(postfix(primary()));
  }
  made = finished(std::move(made));
  if (!negated) return made;
  ExpressionPtr inverse = node(ExpressionKind::kNot, at);
  inverse->children.push_back(std::move(made));
  return finished(std::move(inverse));
}

}  // namespace gistmill::chat_template
