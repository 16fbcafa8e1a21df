// The patterns as scanners: each looks at a character once or twice, so that time is linear.
#include "plugins/tokenizer/bpe/splitter.hpp"

#include <array>

#include "plugins/tokenizer/bpe/ascii_letters.hpp"
#include "plugins/tokenizer/bpe/contractions.hpp"
#include "plugins/tokenizer/bpe/finer_patterns.hpp"

namespace gistmill::bpe {
namespace {

using tokenizer::Character;
using tokenizer::CharacterClass;
using enum tokenizer::CharacterClass;

std::array<CharacterClass, 128> ascii_classes() {
  std::array<CharacterClass, 128> classes{};
  for (std::size_t c = 0; c < 128; ++c) {
    const char text[] = {static_cast<char>(c)};
    classes[c] = tokenizer::character_at({text, 1}, 0).type;
  }
  return classes;
}
const std::array<CharacterClass, 128> kAscii = ascii_classes();

bool is_newline(char c) { return c == '\n' || c == '\r'; }

}  // namespace

const char* pre_tokenizer_name(PreTokenizer pre_tokenizer) {
  static constexpr const char* kNames[] = {"gpt-2",   "starcoder", "llama-3",    "qwen2",
                                           "gpt-oss", "tekken",    "deepseek-v3"};
  return kNames[static_cast<int>(pre_tokenizer)];
}

// A number that the expressions do not know is one to StarCoder's Digits only.
Character Splitter::character(std::size_t at) const {
  const auto first = static_cast<unsigned char>(text_[at]);
  if (first < 128) return {kAscii[first], 1};
  Character character = tokenizer::character_at(text_, at);
  if (character.type == kNewNumber) character.type = kind_ == PreTokenizer::kStarcoder ? kNumber : kOther;
  return character;
}

std::size_t Splitter::end_of_letters(std::size_t at) const {
  while (at < text_.size()) {
    if (static_cast<unsigned char>(text_[at]) < 128) {
      const std::size_t letters = ascii_letters(text_.substr(at));
      if (letters == 0) break;
      at += letters;
      continue;
    }
    const Character following = character(at);
    if (following.type != kLetter) break;
    at += following.size;
  }
  return at;
}

std::size_t Splitter::end_of_run(Class type, std::size_t at) const {
  if (type == kLetter) return end_of_letters(at);
  while (at < text_.size()) {
    const Character following = character(at);
    if (following.type != type) break;
    at += following.size;
  }
  return at;
}

std::string_view Splitter::next() {
  if (at_ == text_.size()) return {};
  const std::size_t end = piece_end();
  const std::string_view piece = text_.substr(at_, end - at_);
  at_ = end;
  return piece;
}

std::size_t Splitter::piece_end() {
  switch (kind_) {
    case PreTokenizer::kGpt2:
    case PreTokenizer::kStarcoder:
      return gpt2_piece();
    case PreTokenizer::kGptOss:
      return gpt_oss_piece(text_, at_);
    case PreTokenizer::kTekken:
      return tekken_piece(text_, at_);
    case PreTokenizer::kDeepseekV3:
      return deepseek_piece(text_, at_, &segment_end_);
    default:
      return tiktoken_piece();
  }
}

std::size_t Splitter::gpt2_piece() const {
  const bool digits_alone = kind_ == PreTokenizer::kStarcoder;
  const char first = text_[at_];
  if (first == '\'') {
    if (const std::size_t size = contraction(text_, at_); size > 0) return at_ + size;
  }
  Character start = character(at_);
  std::size_t end = at_ + start.size;

  // " ?" takes one U+0020 along with the run that follows it, unless the run is more space. Where numbers
  // stand alone, nothing is taken along with them: they end the text that the pattern sees.
  if (first == ' ' && end < text_.size()) {
    const Character second = character(end);
    if (second.type != kSpace && !(digits_alone && second.type == kNumber)) {
      start = second;
      end += second.size;
    }
  }
  if (start.type == kSpace) return gpt2_space(end);
  if (start.type == kNumber && digits_alone) return end;
  return end_of_run(start.type, end);
}

// A run of space gives its last character to what follows, by \s+(?!\S); not at the end of what the
// pattern sees, and not where the run is that one character.
std::size_t Splitter::gpt2_space(std::size_t after_first) const {
  std::size_t last = at_;
  std::size_t end = after_first;
  while (end < text_.size()) {
    const Character following = character(end);
    if (following.type != kSpace) {
      const bool sees_it = !(kind_ == PreTokenizer::kStarcoder && following.type == kNumber);
      return sees_it && last != at_ ? last : end;
    }
    last = end;
    end += following.size;
  }
  return end;
}

std::size_t Splitter::tiktoken_piece() const {
  const char first = text_[at_];
  if (first == '\'') {
    if (const std::size_t size = contraction_of_any_case(text_, at_); size > 0) return at_ + size;
  }
  const Character start = character(at_);
  const std::size_t end = at_ + start.size;
  if (start.type == kLetter) return end_of_run(kLetter, end);
  if (start.type == kNumber) return tiktoken_numbers(end);
  // Any one character but a newline goes along with the letters after it.
  if (end < text_.size() && !is_newline(first)) {
    const Character second = character(end);
    if (second.type == kLetter) return end_of_run(kLetter, end + second.size);
    if (first == ' ' && second.type == kOther) return tiktoken_others(end + second.size);
  }
  return start.type == kOther ? tiktoken_others(end) : tiktoken_space();
}

std::size_t Splitter::tiktoken_numbers(std::size_t after_first) const {
  std::size_t end = after_first;
  for (int more = kind_ == PreTokenizer::kLlama3 ? 2 : 0; more > 0 && end < text_.size(); --more) {
    const Character following = character(end);
    if (following.type != kNumber) break;
    end += following.size;
  }
  return end;
}

// [^\s\p{L}\p{N}]+[\r\n]*
std::size_t Splitter::tiktoken_others(std::size_t after_first) const {
  std::size_t end = end_of_run(kOther, after_first);
  while (end < text_.size() && is_newline(text_[end])) ++end;
  return end;
}

// \s*[\r\n]+ up to the last newline of the run; without one as in GPT-2's pattern.
std::size_t Splitter::tiktoken_space() const {
  std::size_t after_newline = at_;
  std::size_t last = at_;
  std::size_t end = at_;
  while (end < text_.size()) {
    const Character following = character(end);
    if (following.type != kSpace) break;
    last = end;
    end += following.size;
    if (is_newline(text_[last])) after_newline = end;
  }
  if (after_newline != at_) return after_newline;
  return end == text_.size() || last == at_ ? end : last;
}

}  // namespace gistmill::bpe
