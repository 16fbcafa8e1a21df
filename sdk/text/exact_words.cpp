#include <gistmill/text/exact_words.hpp>

#include <cstdint>
#include <string>

#include <gistmill/text/letters.hpp>
#include <gistmill/text/utf8.hpp>
#include <gistmill/text/white_space.hpp>

namespace gistmill::text {
namespace {

constexpr std::size_t kShortTitle = 3;  // letters

bool is_digit(std::int32_t code) { return code >= '0' && code <= '9'; }

bool is_capital(std::string_view letter) {
  if (letter.size() == 1) return letter[0] >= 'A' && letter[0] <= 'Z';
  return lower_case(letter) != letter;
}

// What the letters of one word look like.
struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t letters = 0;  // characters, digits and _ too
  std::size_t capitals = 0;
  bool first_digit = false;
  bool first_capital = false;
  bool mixed = false;  // it has _, a digit, or a capital behind a small letter

  bool all_capitals() const { return letters >= 2 && capitals == letters; }
};

class Reader {
 public:
  Reader(std::string_view text, const ExactKinds& kinds) : text_(text), kinds_(kinds) {}

  std::vector<ByteRange> words() {
    while (at_ < text_.size()) {
      const Character character = first_character(text_.substr(at_));
      if (character.valid() && is_part(character.code)) {
        take(word());
      } else {
        pass(character);
      }
    }
    return std::move(found_);
  }

 private:
  static bool is_part(std::int32_t code) { return code == '_' || is_letter_or_number(code); }

  Word word() {
    Word word;
    word.begin = at_;
    bool small = false;  // the character before is a small letter
    while (at_ < text_.size()) {
      const Character character = first_character(text_.substr(at_));
      if (!character.valid() || !is_part(character.code)) break;
      const bool capital = is_capital(text_.substr(at_, character.size));
      const bool digit = is_digit(character.code);
      if (word.letters == 0) {
        word.first_digit = digit;
        word.first_capital = capital;
      }
      word.mixed = word.mixed || digit || character.code == '_' || (capital && small);
      word.capitals += capital ? 1 : 0;
      ++word.letters;
      small = !capital && !digit && character.code != '_';
      at_ += character.size;
      if (word.first_digit && joins_digits()) ++at_;
    }
    word.end = at_;
    return word;
  }

  // Whether a digit, one of . , : / - and a digit stand here.
  bool joins_digits() const {
    return at_ + 1 < text_.size() && is_digit(text_[at_ - 1]) && is_digit(text_[at_ + 1]) &&
           std::string_view(".,:/-").find(text_[at_]) != std::string_view::npos;
  }

  void take(const Word& word) {
    const bool identifier = word.mixed && !word.first_digit && word.letters > 1;
    const bool name =
        !word.mixed && word.letters > 1 && (word.all_capitals() || (word.first_capital && !sentence_begins_));
    const bool kept =
        (word.first_digit && kinds_.numbers) || (identifier && kinds_.identifiers) || (name && kinds_.names);
    if (kept) found_.push_back({word.begin, word.end});
    sentence_begins_ = false;
    lines_ = 0;
    is_title_ = word.first_capital && word.letters <= kShortTitle;
  }

  // What is no word.
  void pass(const Character& character) {
    const char byte = text_[at_];
    if (byte == '\n') {
      if (++lines_ > 1) sentence_begins_ = true;
    } else if (byte == '!' || byte == '?' || (byte == '.' && !is_title_)) {
      sentence_begins_ = true;
    } else if (character.valid() && !is_white_space(character.code)) {
      lines_ = 0;
    }
    if (!character.valid() || !is_white_space(character.code)) is_title_ = false;
    at_ += character.size;
  }

  std::string_view text_;
  const ExactKinds& kinds_;
  std::vector<ByteRange> found_;
  std::size_t at_ = 0;
  bool sentence_begins_ = true;
  bool is_title_ = false;  // the word before is short and capitalized
  int lines_ = 0;          // line ends since the last word
};

}  // namespace

std::vector<ByteRange> exact_words(std::string_view text, const ExactKinds& kinds) {
  return Reader(text, kinds).words();
}

}  // namespace gistmill::text
