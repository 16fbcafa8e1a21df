#include "plugins/tokenizer/sentencepiece/spaces.hpp"

namespace gistmill::sentencepiece {

std::string with_escaped_spaces(std::string_view text) {
  std::string escaped;
  for (const char c : text) c == ' ' ? void(escaped += kSpace) : escaped.push_back(c);
  return escaped;
}

std::string with_spaces(std::string_view piece) {
  std::string text;
  for (std::size_t at = 0; at < piece.size();) {
    const bool space = piece.substr(at, kSpace.size()) == kSpace;
    text += space ? ' ' : piece[at];
    at += space ? kSpace.size() : 1;
  }
  return text;
}

int byte_named(std::string_view token) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  const int high = digit(token[3]), low = digit(token[4]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string name_of_byte(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {'<', '0', 'x', kDigits[byte / 16u], kDigits[byte % 16u], '>'};
}

}  // namespace gistmill::sentencepiece
