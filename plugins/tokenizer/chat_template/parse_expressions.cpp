// Expressions by the strength of their operators, the weakest first.
#include <algorithm>
#include <array>

#include "plugins/tokenizer/chat_template/parser.hpp"

namespace gistmill::chat_template {
namespace {

// Operators that follow each other without brackets make a chain as deep as it is long.
constexpr int kMostHeight = 500;

// Whether Jinja's optimizer works it out beforehand.
bool is_known(const Expression& one) {
  if (one.kind == ExpressionKind::kName || one.kind == ExpressionKind::kCall) return false;
  const auto known = [](const ExpressionPtr& child) { return !child || is_known(*child); };
  const Arguments& given = one.arguments;
  return std::all_of(one.children.begin(), one.children.end(), known) &&
         std::all_of(given.positional.begin(), given.positional.end(), known) && known(given.star) &&
         known(given.double_star) &&
         std::all_of(given.named.begin(), given.named.end(),
                     [&](const auto& child) { return known(child.second); });
}

void include(const ExpressionPtr& child, int* most) {
  if (child) *most = std::max(*most, child->height);
}

}  // namespace

ExpressionPtr Parser::node(ExpressionKind kind, Position at) const {
  auto made = std::make_unique<Expression>();
  made->kind = kind;
  made->at = at;
  return made;
}

ExpressionPtr Parser::finished(ExpressionPtr node) const {
  int most = 0;
  for (const ExpressionPtr& child : node->children) include(child, &most);
  for (const ExpressionPtr& child : node->arguments.positional) include(child, &most);
  for (const auto& [name, child] : node->arguments.named) include(child, &most);
  include(node->arguments.star, &most);
  include(node->arguments.double_star, &most);
  if (most >= kMostHeight) {
    throw Refusal("an expression has more than " + std::to_string(kMostHeight) + " operators in a row",
                  node->at);
  }
  node->height = most + 1;
  return node;
}

ExpressionPtr Parser::arithmetic(ExpressionPtr left, const Token& sign, ExpressionPtr right) const {
  ExpressionPtr made = node(ExpressionKind::kArithmetic, sign.at);
  made->name = sign.text;
  made->children.push_back(std::move(left));
  made->children.push_back(std::move(right));
  return finished(std::move(made));
}

ExpressionPtr Parser::expression(bool with_conditional) {
  const Nested nested(*this);
  return with_conditional ? conditional() : logical_or();
}

ExpressionPtr Parser::conditional() {
  ExpressionPtr value = logical_or();
  while (is_name("if")) {
    ExpressionPtr choice = node(ExpressionKind::kConditional, take().at);
    choice->children.push_back(logical_or());
    choice->children.push_back(std::move(value));
    choice->children.push_back(skip_name("else") ? expression() : nullptr);
    value = finished(std::move(choice));
  }
  return value;
}

ExpressionPtr Parser::logical_or() {
  ExpressionPtr left = logical_and();
  while (is_name("or")) {
    ExpressionPtr made = node(ExpressionKind::kOr, take().at);
    made->children.push_back(std::move(left));
    made->children.push_back(logical_and());
    left = finished(std::move(made));
  }
  return left;
}

ExpressionPtr Parser::logical_and() {
  ExpressionPtr left = logical_not();
  while (is_name("and")) {
    ExpressionPtr made = node(ExpressionKind::kAnd, take().at);
    made->children.push_back(std::move(left));
    made->children.push_back(logical_not());
    left = finished(std::move(made));
  }
  return left;
}

ExpressionPtr Parser::logical_not() {
  if (!is_name("not")) return comparison();
  const Nested nested(*this);
  ExpressionPtr made = node(ExpressionKind::kNot, take().at);
  made->children.push_back(logical_not());
  return finished(std::move(made));
}

ExpressionPtr Parser::comparison() {
  static constexpr std::array<std::string_view, 6> kSigns = {"==", "!=", "<", "<=", ">", ">="};
  ExpressionPtr first = sum();
  ExpressionPtr made = node(ExpressionKind::kCompare, current().at);
  made->children.push_back(std::move(first));
  for (;;) {
    std::string found;
    if (is(TokenKind::kOperator) && std::find(kSigns.begin(), kSigns.end(), current().text) != kSigns.end()) {
      found = take().text;
    } else if (skip_name("in")) {
      found = "in";
    } else if (is_name("not") && next().kind == TokenKind::kName && next().text == "in") {
      take();
      take();
      found = "not in";
    } else {
      break;
    }
    made->operators.push_back(std::move(found));
    made->children.push_back(sum());
  }
  if (made->operators.empty()) return std::move(made->children.front());
  return finished(std::move(made));
}

ExpressionPtr Parser::sum() {
  ExpressionPtr left = concatenation();
  while (is_sign("+") || is_sign("-")) {
    const Token sign = take();
    left = arithmetic(std::move(left), sign, concatenation());
  }
  return left;
}

ExpressionPtr Parser::concatenation() {
  ExpressionPtr first = product();
  if (!is_sign("~")) return first;
  ExpressionPtr made = node(ExpressionKind::kConcatenate, current().at);
  made->children.push_back(std::move(first));
  while (skip_sign("~")) made->children.push_back(product());
  return finished(std::move(made));
}

ExpressionPtr Parser::product() {
  ExpressionPtr left = power();
  while (is_sign("*") || is_sign("/") || is_sign("//") || is_sign("%")) {
    const Token sign = take();
    left = arithmetic(std::move(left), sign, power());
  }
  return left;
}

// From the left, unlike Python's.
ExpressionPtr Parser::power() {
  ExpressionPtr left = unary();
  while (is_sign("**")) {
    const Token sign = take();
    ExpressionPtr right = unary();
    const bool signs = is_known(*left) && !is_known(*right);
    left = arithmetic(std::move(left), sign, std::move(right));
    left->sign_of_power = signs;
  }
  return left;
}

ExpressionPtr Parser::unary(bool filters) {
  ExpressionPtr made;
  if (is_sign("-") || is_sign("+")) {
    const Nested nested(*this);
    const Token sign = take();
    made = node(sign.text == "-" ? ExpressionKind::kNegative : ExpressionKind::kPositive, sign.at);
    made->children.push_back(unary(false));
    made = finished(std::move(made));
  } else {
    made = primary();
  }
  made = postfix(std::move(made));
  return filters ? filters_and_tests(std::move(made)) : std::move(made);
}

}  // namespace gistmill::chat_template
