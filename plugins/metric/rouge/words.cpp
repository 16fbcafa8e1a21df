#include "plugins/metric/rouge/words.hpp"

#include <gistmill/text/white_space.hpp>

#include "plugins/metric/rouge/porter.hpp"

namespace gistmill::metric {
namespace {

constexpr std::size_t kLongestUnstemmed = 3;

// The only characters outside of ASCII whose lower case has a letter of ASCII.
constexpr std::string_view kKelvin = "\xE2\x84\xAA";  // U+212A: k
constexpr std::string_view kIWithDot = "\xC4\xB0";    // U+0130: i and U+0307

// The letter or digit of a word that this byte is, in lower case; 0: none.
char word_character(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return c;
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : '\0';
}

}  // namespace

std::int32_t WordNumbers::of(std::string_view word) {
  if (const auto found = numbers_.find(word); found != numbers_.end()) return found->second;
  const auto next = static_cast<std::int32_t>(numbers_.size());
  numbers_.emplace(word, next);
  return next;
}

std::int32_t RougeScoreWords::number_of(std::string_view word) {
  const auto number = static_cast<std::size_t>(words_.of(word));
  if (number < stem_of_word_.size()) return stem_of_word_[number];
  std::string stem(word);
  if (stem_ && stem.size() > kLongestUnstemmed) stem_in_place(stem);
  stem_of_word_.push_back(stems_.of(stem));
  return stem_of_word_.back();
}

Words RougeScoreWords::read(std::string_view text) {
  Words words;
  buffer_.clear();
  const auto end_word = [&] {
    if (!buffer_.empty()) words.numbers.push_back(number_of(buffer_));
    buffer_.clear();
  };
  std::size_t sentence = 0;  // where it begins
  const auto end_sentence = [&](std::size_t at) {
    end_word();
    if (at > sentence) words.ends.push_back(words.numbers.size());
    sentence = at + 1;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (const char letter = word_character(c); letter != '\0') {
      buffer_ += letter;
    } else if (c == '\n') {
      end_sentence(at);
    } else if (c == kKelvin[0] && text.substr(at, kKelvin.size()) == kKelvin) {
      buffer_ += 'k';
      at += kKelvin.size() - 1;
    } else if (c == kIWithDot[0] && text.substr(at, kIWithDot.size()) == kIWithDot) {
      buffer_ += 'i';
      end_word();
      at += kIWithDot.size() - 1;
    } else {
      end_word();
    }
  }
  end_sentence(text.size());
  return words;
}

Words RougeWords::read(std::string_view text) {
  Words words;
  while (true) {
    const std::size_t stop = text.find('.');
    const std::string_view sentence = text.substr(0, stop);
    if (!sentence.empty()) {
      const auto parts = text::split_at_white_space(sentence);
      for (const std::string_view word : parts) words.numbers.push_back(words_.of(word));
      if (parts.empty()) words.numbers.push_back(words_.of(""));
      words.ends.push_back(words.numbers.size());
    }
    if (stop == std::string_view::npos) return words;
    text.remove_prefix(stop + 1);
  }
}

}  // namespace gistmill::metric
