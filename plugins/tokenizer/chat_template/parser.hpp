// Tokens to statements, by the grammar of Jinja's parser. Not all of its statements: what chat templates do
// not use (inheritance, includes, imports, blocks) is refused by name.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/chat_template/lexer.hpp"
#include "plugins/tokenizer/chat_template/limits.hpp"
#include "plugins/tokenizer/chat_template/nodes.hpp"

namespace gistmill::chat_template {

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Body parse();  // throws Refusal

 private:
  using Names = std::initializer_list<std::string_view>;

  // Tokens: parser.cpp.
  const Token& current() const { return tokens_[at_]; }
  const Token& next() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  Token take();
  bool is(TokenKind kind) const { return current().kind == kind; }
  bool is_name(std::string_view name) const { return is(TokenKind::kName) && current().text == name; }
  bool is_sign(std::string_view sign) const { return is(TokenKind::kOperator) && current().text == sign; }
  bool is_any_name(Names names) const;
  bool skip_name(std::string_view name);
  bool skip_sign(std::string_view sign);
  Token expect(TokenKind kind, const char* what);
  void expect_name(const char* name);
  void expect_sign(const char* sign);
  [[noreturn]] void fail(const std::string& message) const { throw Refusal(message, current().at); }
  std::string shown() const;

  // Statements: parser.cpp and parse_statements.cpp.
  Body body(Names ends);
  Body body_to(Names ends);  // behind the tag that opens it; takes no end
  void output_expression(Body* out);
  StatementPtr statement();
  StatementPtr parse_for();
  StatementPtr parse_if();
  StatementPtr parse_set();
  StatementPtr parse_macro();
  StatementPtr parse_call();
  StatementPtr parse_filter_block();
  StatementPtr parse_with();
  StatementPtr parse_print();
  StatementPtr parse_generation();
  StatementPtr parse_jump(StatementKind kind);
  void parse_parameters(Statement* macro);
  StatementPtr make(StatementKind kind) const;

  // Targets of assignments.
  Target target(bool namespaces, bool until_in);
  Target one_target(bool namespaces);
  static void refuse_constant(const Token& token);

  // Expressions: parse_expressions.cpp and parse_primary.cpp.
  ExpressionPtr expression(bool conditional = true);
  ExpressionPtr conditional();
  ExpressionPtr logical_or();
  ExpressionPtr logical_and();
  ExpressionPtr logical_not();
  ExpressionPtr comparison();
  ExpressionPtr sum();
  ExpressionPtr concatenation();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr unary(bool filters = true);
  ExpressionPtr primary();
  ExpressionPtr name_or_constant();
  ExpressionPtr tuple(bool conditional, bool parentheses, std::string_view end = {});
  ExpressionPtr list();
  ExpressionPtr dict();
  ExpressionPtr postfix(ExpressionPtr node);
  ExpressionPtr filters_and_tests(ExpressionPtr node);
  ExpressionPtr subscript(ExpressionPtr node);
  ExpressionPtr attribute(ExpressionPtr node);
  ExpressionPtr call(ExpressionPtr node);
  ExpressionPtr filter(ExpressionPtr node);
  ExpressionPtr test(ExpressionPtr node);
  Arguments arguments();
  void argument(Arguments* out);
  std::string dotted_name();

  ExpressionPtr node(ExpressionKind kind, Position at) const;
  ExpressionPtr arithmetic(ExpressionPtr left, const Token& sign, ExpressionPtr right) const;
  ExpressionPtr finished(ExpressionPtr node) const;  // with its height

  // Written within each other: brackets and statements.
  struct Nested {
    explicit Nested(const Parser& parser) : depth(parser.depth_) {
      if (++depth > kMostNesting) {
        --depth;
        parser.fail("the template is nested more than " + std::to_string(kMostNesting) + " deep");
      }
    }
    ~Nested() { --depth; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    int& depth;
  };

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  mutable int depth_ = 0;
  int loops_ = 0;  // around the place, within the same macro
};

}  // namespace gistmill::chat_template
