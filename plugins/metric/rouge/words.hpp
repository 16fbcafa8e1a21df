// Texts to words as numbers, sentence by sentence, in the two ways that published ROUGE figures are made
// with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gistmill::metric {

// The same number for the same word, counted from 0.
class WordNumbers {
 public:
  std::int32_t of(std::string_view word);
  std::size_t size() const { return numbers_.size(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> numbers_;
};

// The words of a text, and where its sentences end. Sentences may be without a word.
struct Words {
  std::vector<std::int32_t> numbers;
  std::vector<std::size_t> ends;  // [sentence]

  std::size_t sentences() const { return ends.size(); }
  std::span<const std::int32_t> sentence(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::span(numbers).subspan(begin, ends[i] - begin);
  }
};

// As rouge_score 0.1.2: lower case, then runs of a to z and 0 to 9; words of more than three letters are
// stemmed (porter.hpp) where `stem` says so. Sentences end at line feeds; what is between two of them counts
// where it has any character.
class RougeScoreWords {
 public:
  explicit RougeScoreWords(bool stem) : stem_(stem) {}
  Words read(std::string_view text);
  std::size_t vocabulary() const { return stems_.size(); }

 private:
  std::int32_t number_of(std::string_view word);

  bool stem_;
  WordNumbers stems_;
  WordNumbers words_;                       // as they stand in texts
  std::vector<std::int32_t> stem_of_word_;  // [number of words_]
  std::string buffer_;
};

// As rouge 1.0.1, LongBench's: words are what white space separates, in their case and with their
// punctuation. Sentences end at full stops; one of white space alone has one word, the empty one.
class RougeWords {
 public:
  Words read(std::string_view text);
  std::size_t vocabulary() const { return words_.size(); }

 private:
  WordNumbers words_;
};

}  // namespace gistmill::metric
