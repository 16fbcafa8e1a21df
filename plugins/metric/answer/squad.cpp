#include "plugins/metric/answer/squad.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <gistmill/text/letters.hpp>
#include <gistmill/text/utf8.hpp>
#include <gistmill/text/white_space.hpp>

namespace gistmill::metric {
namespace {

bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

bool is_article(std::string_view word) { return word == "a" || word == "an" || word == "the"; }

// Every article that stands between characters which make no words becomes a space.
std::string without_articles(std::string_view text) {
  std::string kept;
  std::string word;
  const auto end_word = [&] {
    kept += is_article(word) ? " " : word;
    word.clear();
  };
  while (!text.empty()) {
    const text::Character character = text::first_character(text);
    const std::string_view bytes = text.substr(0, character.size);
    text.remove_prefix(character.size);
    if (character.valid() && text::is_letter_or_number(character.code)) {
      word += bytes;
    } else {
      end_word();
      kept += bytes;
    }
  }
  end_word();
  return kept;
}

}  // namespace

std::vector<std::string> normalized_words(std::string_view text) {
  std::string lower = text::lower_case(text);
  lower.erase(std::remove_if(lower.begin(), lower.end(), is_punctuation), lower.end());
  const std::string rest = without_articles(lower);
  const std::vector<std::string_view> words = text::split_at_white_space(rest);
  return {words.begin(), words.end()};
}

AnswerScores squad_scores(std::string_view prediction, std::string_view reference) {
  std::vector<std::string> predicted = normalized_words(prediction);
  std::vector<std::string> expected = normalized_words(reference);
  AnswerScores scores;
  scores.exact = predicted == expected ? 1 : 0;
  std::sort(predicted.begin(), predicted.end());
  std::sort(expected.begin(), expected.end());
  std::vector<std::string> both;
  std::set_intersection(predicted.begin(), predicted.end(), expected.begin(), expected.end(),
                        std::back_inserter(both));
  if (both.empty()) return scores;
  const auto hits = static_cast<double>(both.size());
  const double precision = hits / static_cast<double>(predicted.size());
  const double recall = hits / static_cast<double>(expected.size());
  scores.f1 = (2 * precision * recall) / (precision + recall);
  return scores;
}

}  // namespace gistmill::metric
