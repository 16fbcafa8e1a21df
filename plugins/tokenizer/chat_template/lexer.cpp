#include "plugins/tokenizer/chat_template/lexer.hpp"

#include <algorithm>
#include <array>

#include <gistmill/text/utf8.hpp>

#include "plugins/tokenizer/chat_template/characters.hpp"
#include "plugins/tokenizer/chat_template/literals.hpp"

namespace gistmill::chat_template {
namespace {

using std::string_view;

// "\r\n" and "\r" are "\n", and one at the end is left out.
std::string normalized(string_view source) {
  std::string text;
  text.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      text += source[i];
    } else {
      text += '\n';
      if (source.substr(i + 1, 1) == "\n") ++i;
    }
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

class Lexer {
 public:
  explicit Lexer(string_view source) : source_(normalized(source)) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) text_and_tag();
    add(TokenKind::kEnd, "", at_);
    return std::move(tokens_);
  }

 private:
  string_view rest(std::size_t from) const {
    return string_view(source_).substr(std::min(from, source_.size()));
  }
  bool has(std::size_t at, string_view what) const { return rest(at).starts_with(what); }

  Position position(std::size_t at) {
    // Tokens come in order, so lines are counted on from the last one; complaints may be of an earlier place.
    if (at < counted_) {
      counted_ = line_start_ = 0;
      line_ = 1;
    }
    for (; counted_ < at; ++counted_) {
      if (source_[counted_] != '\n') continue;
      ++line_;
      line_start_ = counted_ + 1;
    }
    return {line_, static_cast<std::uint32_t>(at - std::min(at, line_start_) + 1)};
  }
  Token& add(TokenKind kind, std::string text, std::size_t at) {
    tokens_.push_back({kind, std::move(text), 0, 0, position(at)});
    return tokens_.back();
  }
  [[noreturn]] void fail(const std::string& message, std::size_t at) { throw Refusal(message, position(at)); }

  void text_and_tag() {
    const std::size_t start = at_, tag = next_tag(at_);
    if (tag == source_.size()) {
      add(TokenKind::kData, source_.substr(start), start);
      at_ = tag;
      return;
    }
    const char kind = source_[tag + 1];
    if (kind == '%') {
      if (const std::size_t end = raw_begin(tag); end != 0) return raw(tag, end);
    }
    std::size_t inside = tag + 2;
    const char sign = inside < source_.size() && (source_[inside] == '-' || source_[inside] == '+')
                          ? source_[inside++]
                          : '\0';
    add_data(start, tag, sign, kind != '{');
    at_ = inside;
    line_starting_ = false;
    if (kind == '#') return comment(tag);
    add(kind == '%' ? TokenKind::kBlockBegin : TokenKind::kVariableBegin, source_.substr(tag, 2), tag);
    expression(kind == '%');
  }

  // The text before a tag, less the white space that the tag takes.
  void add_data(std::size_t start, std::size_t end, char sign, bool is_block) {
    string_view text = rest(start).substr(0, end - start);
    if (sign == '-') {
      text = strip_right(text);
    } else if (sign != '+' && is_block) {
      const std::size_t newline = text.rfind('\n');
      const std::size_t line = newline == string_view::npos ? 0 : newline + 1;
      const string_view before = text.substr(line);
      if ((line > 0 || line_starting_) && leading_space(before) == before.size()) text = text.substr(0, line);
    }
    if (!text.empty()) add(TokenKind::kData, std::string(text), start);
  }

  std::size_t next_tag(std::size_t from) const {
    for (std::size_t at = from; (at = source_.find('{', at)) != std::string::npos; ++at) {
      if (at + 1 < source_.size() && string_view("{%#").find(source_[at + 1]) != string_view::npos) return at;
    }
    return source_.size();
  }

  std::size_t skip_space(std::size_t at) const { return at + leading_space(rest(at)); }

  // Behind "{% raw %}" at `tag`; 0 where it is another tag.
  std::size_t raw_begin(std::size_t tag) const {
    std::size_t at = tag + 2;
    if (has(at, "-") || has(at, "+")) ++at;
    at = skip_space(at);
    if (!has(at, "raw")) return 0;
    at = skip_space(at + 3);
    if (has(at, "-%}")) return skip_space(at + 3);
    return has(at, "%}") ? at + 2 : 0;
  }

  void raw(std::size_t tag, std::size_t begin) {
    const char sign = source_[tag + 2];
    add_data(at_, tag, sign == '-' || sign == '+' ? sign : '\0', true);
    line_starting_ = source_[begin - 1] == '\n';
    for (std::size_t at = begin; (at = source_.find("{%", at)) != std::string::npos; ++at) {
      std::size_t inside = at + 2;
      const char end_sign = has(inside, "-") || has(inside, "+") ? source_[inside++] : '\0';
      inside = skip_space(inside);
      if (!has(inside, "endraw")) continue;
      const std::size_t end = block_end(skip_space(inside + 6));
      if (end == 0) continue;
      add_data(begin, at, end_sign, true);
      at_ = end;
      line_starting_ = source_[end - 1] == '\n';
      return;
    }
    // Jinja minds the missing end only where something follows.
    if (begin < source_.size()) fail("{% raw %} has no {% endraw %}", tag);
    at_ = begin;
  }

  // Behind the end of a block at `at`, with the white space that it takes; 0 where there is none.
  std::size_t block_end(std::size_t at) const {
    if (has(at, "+%}")) return at + 3;
    if (has(at, "-%}")) return skip_space(at + 3);
    if (has(at, "%}")) return at + (has(at + 2, "\n") ? 3 : 2);
    return 0;
  }
  std::size_t variable_end(std::size_t at) const {
    if (has(at, "-}}")) return skip_space(at + 3);
    return has(at, "}}") ? at + 2 : 0;
  }

  void comment(std::size_t tag) {
    const std::size_t found = source_.find("#}", at_);
    if (found == std::string::npos && at_ == source_.size()) return;  // as with {% raw %}
    if (found == std::string::npos) fail("a comment has no end", tag);
    const char sign = found > at_ ? source_[found - 1] : '\0';
    at_ = found + 2;
    if (sign == '-') at_ = skip_space(at_);
    if (sign != '-' && sign != '+' && has(at_, "\n")) ++at_;
    line_starting_ = source_[at_ - 1] == '\n';
  }

  void expression(bool is_block) {
    const std::size_t begin = at_;
    for (;;) {
      if (at_ >= source_.size()) fail(is_block ? "a block has no %}" : "an expression has no }}", begin);
      if (open_.empty()) {
        if (const std::size_t end = is_block ? block_end(at_) : variable_end(at_); end != 0) {
          add(is_block ? TokenKind::kBlockEnd : TokenKind::kVariableEnd, is_block ? "%}" : "}}", at_);
          at_ = end;
          line_starting_ = source_[end - 1] == '\n';
          return;
        }
      }
      if (const std::size_t space = leading_space(rest(at_)); space > 0) {
        at_ += space;
      } else {
        token();
      }
    }
  }

  void token() {
    const std::size_t start = at_;
    const string_view text = rest(at_);
    const auto c = static_cast<unsigned char>(text.front());
    const bool after_point = start > 0 && source_[start - 1] == '.';
    try {
      if (const std::size_t size = after_point ? 0 : float_size(text); size > 0) {
        add(TokenKind::kFloat, std::string(text.substr(0, size)), start).real =
            parse_float(text.substr(0, size));
        at_ += size;
      } else if (const std::size_t digits = integer_size(text); digits > 0) {
        add(TokenKind::kInteger, std::string(text.substr(0, digits)), start).integer =
            parse_integer(text.substr(0, digits));
        at_ += digits;
      } else if (is_name(c)) {
        name();
      } else if (c == '\'' || c == '"') {
        quoted();
      } else {
        operator_sign();
      }
    } catch (const Refusal& refusal) {
      if (refusal.located()) throw;
      fail(refusal.what(), start);
    }
  }

  static bool is_name(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
  void name() {
    const std::size_t start = at_;
    while (at_ < source_.size() && is_name(static_cast<unsigned char>(source_[at_]))) ++at_;
    add(TokenKind::kName, source_.substr(start, at_ - start), start);
  }

  void quoted() {
    const std::size_t start = at_;
    const char quote = source_[start];
    std::size_t end = start + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size()) fail("a string has no end", start);
    add(TokenKind::kText, unescape(rest(start + 1).substr(0, end - start - 1)), start);
    at_ = end + 1;
  }

  void operator_sign() {
    static constexpr std::array<string_view, 6> kLong = {"//", "**", "==", "!=", ">=", "<="};
    static constexpr string_view kShort = "+-/*%~[](){}><=.:|,;";
    const string_view text = rest(at_);
    std::size_t size = 0;
    for (const string_view one : kLong) size = text.starts_with(one) ? 2 : size;
    if (size == 0 && kShort.find(text.front()) != string_view::npos) size = 1;
    if (size == 0) {
      const std::size_t bytes = text::first_character(text).size;
      fail("unexpected character '" + std::string(text.substr(0, bytes)) +
               "' in an expression (names are of ASCII letters)",
           at_);
    }
    balance(text.front());
    add(TokenKind::kOperator, std::string(text.substr(0, size)), at_);
    at_ += size;
  }

  void balance(char c) {
    static constexpr string_view kOpen = "({[", kClose = ")}]";
    if (const std::size_t open = kOpen.find(c); open != string_view::npos) open_ += kClose[open];
    if (kClose.find(c) == string_view::npos) return;
    if (open_.empty()) fail(std::string("unexpected '") + c + "'", at_);
    if (open_.back() != c) fail(std::string("unexpected '") + c + "', expected '" + open_.back() + "'", at_);
    open_.pop_back();
  }

  std::string source_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0, line_start_ = 0;
  std::uint32_t line_ = 1;
  bool line_starting_ = true;
  std::string open_;  // the closing brackets that are due
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  if (!text::is_utf8(source)) throw Refusal("the template is not UTF-8");
  return Lexer(source).run();
}

}  // namespace gistmill::chat_template
