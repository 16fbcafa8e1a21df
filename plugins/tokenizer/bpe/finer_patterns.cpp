// Each alternative as a function that gives the end of its match, or 0. An expression with a choice of ways
// takes the longest first; where that fails, the only shorter one that can succeed is known.
#include "plugins/tokenizer/bpe/finer_patterns.hpp"

#include <cstdint>

#include "plugins/tokenizer/bpe/contractions.hpp"
#include "plugins/tokenizer/common/categories.hpp"
#include "plugins/tokenizer/common/unicode.hpp"

namespace gistmill::bpe {
namespace {

using tokenizer::Categorized;
using tokenizer::Category;
using tokenizer::category_at;
using enum tokenizer::Category;

constexpr int kNumbers = 3;  // \p{N}{1,3}

bool is_newline(char c) { return c == '\n' || c == '\r'; }
bool is_letter(Category category) {
  return category == kUpper || category == kLower || category == kCaseless;
}
bool is_upper(Category category) {  // U
  return category == kUpper || category == kCaseless || category == kMark;
}
bool is_lower(Category category) {  // L
  return category == kLower || category == kCaseless || category == kMark;
}
bool is_in_word(Category category) { return is_letter(category) || category == kMark; }
bool is_punctuation(Category category) { return category == kPunctuation || category == kSymbol; }
bool is_in_no_word(Category category) {  // [^\s\p{L}\p{N}]
  return category != kSpace && category != kNumber && !is_letter(category);
}

// The end of a run of characters of such categories, at most `most` of them.
template <class Wanted>
std::size_t end_of_run(std::string_view text, std::size_t at, const Wanted& wanted, int most = -1) {
  for (; at < text.size() && most != 0; --most) {
    const Categorized character = category_at(text, at);
    if (!wanted(character.category)) break;
    at += character.size;
  }
  return at;
}

std::size_t end_of_newlines(std::string_view text, std::size_t at) {
  while (at < text.size() && is_newline(text[at])) ++at;
  return at;
}

// \s*[\r\n]+|\s+(?!\S)|\s+ of text that has white space at `at`.
std::size_t space_piece(std::string_view text, std::size_t at) {
  std::size_t after_newline = at, last = at, end = at;
  while (end < text.size()) {
    const Categorized character = category_at(text, end);
    if (character.category != kSpace) break;
    last = end;
    end += character.size;
    if (is_newline(text[last])) after_newline = end;
  }
  if (after_newline != at) return after_newline;
  return end == text.size() || last == at ? end : last;
}

// U*L+: where no lower-case letter follows the run of U, its last character that is in L too ends the match.
std::size_t lower_word(std::string_view text, std::size_t at) {
  std::size_t end = at, after_both = 0;
  while (end < text.size()) {
    const Categorized character = category_at(text, end);
    if (character.category == kLower) return end_of_run(text, end, is_lower);
    if (!is_upper(character.category)) break;
    end += character.size;
    if (character.category != kUpper) after_both = end;
  }
  return after_both;
}

// U+L*
std::size_t upper_word(std::string_view text, std::size_t at) {
  const std::size_t end = end_of_run(text, at, is_upper);
  return end == at ? 0 : end_of_run(text, end, is_lower);
}

// What o200k and Mistral's Tekken do not share.
struct CasePattern {
  bool contractions;  // c? behind a word
  int numbers;        // characters of a number in one piece, at most
};
constexpr CasePattern kO200k{true, kNumbers}, kTekkenPattern{false, 1};

// The first two alternatives: each with a character before the word, or else without.
std::size_t case_word(const CasePattern& pattern, std::string_view text, std::size_t at) {
  const Categorized first = category_at(text, at);
  const bool goes_along = !is_letter(first.category) && first.category != kNumber && !is_newline(text[at]);
  for (const auto word : {lower_word, upper_word}) {
    std::size_t end = goes_along ? word(text, at + first.size) : 0;
    if (end == 0) end = word(text, at);
    if (end == 0) continue;
    const bool cut = pattern.contractions && end < text.size() && text[end] == '\'';
    return cut ? end + contraction_of_any_case(text, end) : end;
  }
  return 0;
}

std::size_t case_piece(const CasePattern& pattern, std::string_view text, std::size_t at) {
  if (const std::size_t end = case_word(pattern, text, at); end > 0) return end;
  const Categorized first = category_at(text, at);
  const auto is_number = [](Category category) { return category == kNumber; };
  if (is_number(first.category)) return end_of_run(text, at, is_number, pattern.numbers);
  const std::size_t after = at + first.size;
  const bool space_along =
      text[at] == ' ' && after < text.size() && is_in_no_word(category_at(text, after).category);
  if (!space_along && first.category == kSpace) return space_piece(text, at);
  std::size_t end = end_of_run(text, after, is_in_no_word);
  while (end < text.size() && (is_newline(text[end]) || text[end] == '/')) ++end;
  return end;
}

// U+4E00 to U+9FA5, U+3040 to U+309F, U+30A0 to U+30FF
bool is_han_or_kana(std::string_view text, std::size_t at) {
  std::size_t size = 0;
  const std::int32_t code = tokenizer::decode_utf8(text, at, &size);
  return (code >= 0x4E00 && code <= 0x9FA5) || (code >= 0x3040 && code <= 0x30FF);
}

// Where the first two patterns cut.
std::size_t deepseek_segment(std::string_view text, std::size_t at) {
  const auto is_number = [](Category category) { return category == kNumber; };
  if (is_number(category_at(text, at).category)) return end_of_run(text, at, is_number, kNumbers);
  const bool kana = is_han_or_kana(text, at);
  while (at < text.size()) {
    const Categorized character = category_at(text, at);
    if (is_number(character.category) || is_han_or_kana(text, at) != kana) break;
    at += character.size;
  }
  return at;
}

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii_punctuation(char c) {
  return c > ' ' && c < 0x7F && !is_ascii_letter(c) && !(c >= '0' && c <= '9');
}

// The third pattern: 0 where it finds nothing at `at`.
std::size_t deepseek_match(std::string_view text, std::size_t at) {
  const Categorized first = category_at(text, at);
  std::size_t after = at + first.size;
  if (is_ascii_punctuation(text[at]) && after < text.size() && is_ascii_letter(text[after])) {
    while (after < text.size() && is_ascii_letter(text[after])) ++after;
    return after;
  }
  if (is_in_word(first.category)) return end_of_run(text, after, is_in_word);
  const bool more = after < text.size();
  const Category second = more ? category_at(text, after).category : kOther;
  if (more && !is_punctuation(first.category) && !is_newline(text[at]) && is_in_word(second))
    return end_of_run(text, after, is_in_word);
  if (is_punctuation(first.category) || (more && text[at] == ' ' && is_punctuation(second)))
    return end_of_newlines(text, end_of_run(text, after, is_punctuation));
  return first.category == kSpace ? space_piece(text, at) : 0;
}

}  // namespace

std::size_t gpt_oss_piece(std::string_view text, std::size_t at) { return case_piece(kO200k, text, at); }

std::size_t tekken_piece(std::string_view text, std::size_t at) {
  return case_piece(kTekkenPattern, text, at);
}

std::size_t deepseek_piece(std::string_view text, std::size_t at, std::size_t* segment_end) {
  if (at >= *segment_end) *segment_end = deepseek_segment(text, at);
  const std::string_view segment = text.substr(0, *segment_end);
  if (const std::size_t end = deepseek_match(segment, at); end > 0) return end;
  // What the pattern leaves between two pieces is one.
  do {
    at += category_at(segment, at).size;
  } while (at < segment.size() && deepseek_match(segment, at) == 0);
  return at;
}

}  // namespace gistmill::bpe
