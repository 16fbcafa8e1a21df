// The GPT-2 pattern as a scanner: one look at each character, two at the last space of a run.
#include "plugins/tokenizer/bpe/splitter.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <utf8proc.h>

namespace gistmill::bpe {
namespace {

enum Class : std::uint8_t { kLetter, kNumber, kSpace, kOther };

struct Character {
  Class type;
  std::uint8_t size;  // bytes
};

bool is_white_space(utf8proc_int32_t c) {
  // Unicode PropList.txt, White_Space.
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

Class class_of(utf8proc_int32_t c) {
  if (is_white_space(c)) return kSpace;
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return kLetter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return kNumber;
    default:
      return kOther;
  }
}

std::array<Class, 128> ascii_classes() {
  std::array<Class, 128> classes{};
  for (int c = 0; c < 128; ++c) classes[static_cast<std::size_t>(c)] = class_of(c);
  return classes;
}

Character character_at(std::string_view text, std::size_t at) {
  static const std::array<Class, 128> kAscii = ascii_classes();
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 128) return {kAscii[first], 1};
  utf8proc_int32_t code = -1;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at);
  const auto size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &code);
  if (size <= 0) return {kOther, 1};
  return {class_of(code), static_cast<std::uint8_t>(size)};
}

// Bytes of 's 't 're 've 'm 'll 'd at `at`, which holds an apostrophe; 0 where it is none of these.
std::size_t contraction(std::string_view text, std::size_t at) {
  const std::string_view after = text.substr(at + 1, 2);
  if (after.empty()) return 0;
  if (after[0] == 's' || after[0] == 't' || after[0] == 'm' || after[0] == 'd') return 2;
  return after == "re" || after == "ve" || after == "ll" ? 3 : 0;
}

}  // namespace

PreTokenizer pre_tokenizer_named(std::string_view name) {
  if (name == "gpt-2") return PreTokenizer::kGpt2;
  if (name == "starcoder" || name == "smollm") return PreTokenizer::kStarcoder;
  throw std::invalid_argument("unknown pre-tokenizer '" + std::string(name) +
                              "', expected gpt-2, starcoder or smollm");
}

std::string_view Splitter::next() {
  if (at_ == text_.size()) return {};
  const std::size_t end = piece_end();
  const std::string_view piece = text_.substr(at_, end - at_);
  at_ = end;
  return piece;
}

std::size_t Splitter::piece_end() const {
  const char first = text_[at_];
  if (first == '\'') {
    if (const std::size_t size = contraction(text_, at_); size > 0) return at_ + size;
  }
  Character character = character_at(text_, at_);
  std::size_t end = at_ + character.size;

  // " ?" takes one U+0020 along with the run that follows it, unless the run is more space. Where numbers
  // stand alone, nothing is taken along with them: they end the text that the pattern sees.
  if (first == ' ' && end < text_.size()) {
    const Character second = character_at(text_, end);
    if (second.type != kSpace && !(digits_alone_ && second.type == kNumber)) {
      character = second;
      end += second.size;
    }
  }
  if (character.type == kSpace) return whitespace_end(end);
  if (character.type == kNumber && digits_alone_) return end;
  while (end < text_.size()) {
    const Character following = character_at(text_, end);
    if (following.type != character.type) break;
    end += following.size;
  }
  return end;
}

// A run of space gives its last character to what follows, by \s+(?!\S); not at the end of what the
// pattern sees, and not where the run is that one character.
std::size_t Splitter::whitespace_end(std::size_t after_first) const {
  std::size_t last = at_;
  std::size_t end = after_first;
  while (end < text_.size()) {
    const Character character = character_at(text_, end);
    if (character.type != kSpace) {
      const bool sees_it = !(digits_alone_ && character.type == kNumber);
      return sees_it && last != at_ ? last : end;
    }
    last = end;
    end += character.size;
  }
  return end;
}

}  // namespace gistmill::bpe
