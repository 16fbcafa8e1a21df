// A template's text as tokens, by the rules of Jinja's lexer with trim_blocks and lstrip_blocks, which
// transformers sets, and without keep_trailing_newline, which it does not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/chat_template/refusal.hpp"

namespace gistmill::chat_template {

enum class TokenKind {
  kData,  // text between tags
  kVariableBegin,
  kVariableEnd,
  kBlockBegin,
  kBlockEnd,
  kName,
  kText,  // a string literal, unescaped
  kInteger,
  kFloat,
  kOperator,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  std::int64_t integer = 0;
  double real = 0;
  Position at;
};

// Throws Refusal. The last token is kEnd.
std::vector<Token> tokenize(std::string_view source);

}  // namespace gistmill::chat_template
