// Tokens one by one, and the text between tags.
#include "plugins/tokenizer/chat_template/parser.hpp"

#include <algorithm>

namespace gistmill::chat_template {

Token Parser::take() {
  Token token = tokens_[at_];
  if (token.kind != TokenKind::kEnd) ++at_;
  return token;
}

bool Parser::is_any_name(Names names) const {
  return is(TokenKind::kName) && std::find(names.begin(), names.end(), current().text) != names.end();
}

bool Parser::skip_name(std::string_view name) {
  if (!is_name(name)) return false;
  take();
  return true;
}

bool Parser::skip_sign(std::string_view sign) {
  if (!is_sign(sign)) return false;
  take();
  return true;
}

std::string Parser::shown() const {
  switch (current().kind) {
    case TokenKind::kEnd:
      return "the end of the template";
    case TokenKind::kText:
      return "a string";
    case TokenKind::kData:
      return "text";
    default:
      return "'" + current().text + "'";
  }
}

Token Parser::expect(TokenKind kind, const char* what) {
  if (!is(kind)) fail("expected " + std::string(what) + ", found " + shown());
  return take();
}

void Parser::expect_name(const char* name) {
  if (!skip_name(name)) fail("expected '" + std::string(name) + "', found " + shown());
}

void Parser::expect_sign(const char* sign) {
  if (!skip_sign(sign)) fail("expected '" + std::string(sign) + "', found " + shown());
}

StatementPtr Parser::make(StatementKind kind) const {
  auto statement = std::make_unique<Statement>();
  statement->kind = kind;
  statement->at = current().at;
  return statement;
}

Body Parser::parse() {
  Body body = body_to({});
  if (!is(TokenKind::kEnd)) fail("unexpected " + shown());
  return body;
}

Body Parser::body(Names ends) {
  skip_sign(":");
  expect(TokenKind::kBlockEnd, "'%}'");
  Body body = body_to(ends);
  if (is(TokenKind::kEnd)) {
    fail("the template ends where {% " + std::string(*(ends.end() - 1)) + " %} was expected");
  }
  return body;
}

Body Parser::body_to(Names ends) {
  const Nested nested(*this);
  Body body;
  while (!is(TokenKind::kEnd)) {
    if (is(TokenKind::kData)) {
      body.push_back(make(StatementKind::kOutput));
      body.back()->text = take().text;
    } else if (is(TokenKind::kVariableBegin)) {
      output_expression(&body);
    } else {
      expect(TokenKind::kBlockBegin, "'{%'");
      if (is_any_name(ends)) return body;
      body.push_back(statement());
      expect(TokenKind::kBlockEnd, "'%}'");
    }
  }
  return body;
}

void Parser::output_expression(Body* out) {
  take();
  out->push_back(make(StatementKind::kOutput));
  out->back()->expressions.push_back(tuple(true, false));
  expect(TokenKind::kVariableEnd, "'}}'");
}

}  // namespace gistmill::chat_template
