// Both packages end in quotients of counts; which operations make them, and in which order, decides the last
// bits and is theirs.
#include "plugins/metric/rouge/scores.hpp"

#include <algorithm>
#include <limits>

namespace gistmill::metric {
namespace {

using Numbers = std::vector<std::int32_t>;

double quotient(std::size_t hits, std::size_t count) {
  return static_cast<double>(hits) / static_cast<double>(count);
}

// Of rouge_score.
RougeScore plain_score(std::size_t hits, std::size_t predicted, std::size_t expected) {
  RougeScore score;
  score.precision = quotient(hits, std::max<std::size_t>(predicted, 1));
  score.recall = quotient(hits, std::max<std::size_t>(expected, 1));
  const double sum = score.precision + score.recall;
  if (sum > 0) score.f1 = 2 * score.precision * score.recall / sum;
  return score;
}

// Of rouge, which adds 1e-8 where it might divide by 0.
RougeScore smoothed_score(std::size_t hits, std::size_t predicted, std::size_t expected) {
  RougeScore score;
  score.precision = predicted == 0 ? 0.0 : quotient(hits, predicted);
  score.recall = expected == 0 ? 0.0 : quotient(hits, expected);
  score.f1 = 2.0 * ((score.precision * score.recall) / (score.precision + score.recall + 1e-8));
  return score;
}

// Ascending, two words in each number.
std::vector<std::uint64_t> sorted_pairs(const Numbers& words) {
  std::vector<std::uint64_t> pairs;
  for (std::size_t i = 1; i < words.size(); ++i) {
    pairs.push_back(static_cast<std::uint64_t>(words[i - 1]) << 32 | static_cast<std::uint64_t>(words[i]));
  }
  std::ranges::sort(pairs);
  return pairs;
}

template <class T>
std::vector<T> each_once(std::vector<T> values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// Of two ascending lists: each as often as both have it.
template <class T>
std::size_t shared(const std::vector<T>& first, const std::vector<T>& second) {
  std::size_t count = 0;
  for (auto a = first.begin(), b = second.begin(); a != first.end() && b != second.end();) {
    if (*a < *b) {
      ++a;
    } else if (*b < *a) {
      ++b;
    } else {
      ++count, ++a, ++b;
    }
  }
  return count;
}

// How often each word is in `words`, added to `counts`, [word].
void add_counts(const Numbers& words, std::size_t vocabulary, std::vector<std::int32_t>& counts) {
  counts.assign(vocabulary, 0);
  for (const std::int32_t word : words) ++counts[static_cast<std::size_t>(word)];
}

}  // namespace

RougeScores RougeScoreScorer::score(std::string_view prediction, std::string_view reference) {
  const Words predicted = words_.read(prediction);
  const Words expected = words_.read(reference);
  const std::size_t p = predicted.numbers.size();
  const std::size_t r = expected.numbers.size();
  RougeScores scores;
  Numbers sorted = predicted.numbers;
  Numbers sorted_reference = expected.numbers;
  std::ranges::sort(sorted);
  std::ranges::sort(sorted_reference);
  scores.rouge1 = plain_score(shared(sorted, sorted_reference), p, r);
  const auto pairs = sorted_pairs(predicted.numbers);
  const auto pairs_of_reference = sorted_pairs(expected.numbers);
  scores.rouge2 = plain_score(shared(pairs, pairs_of_reference), pairs.size(), pairs_of_reference.size());
  if (p == 0 || r == 0) return scores;
  subsequence_.set_pattern(expected.numbers, words_.vocabulary());
  scores.rougeL = plain_score(subsequence_.length(predicted.numbers), p, r);
  scores.rougeLsum = summary_level(predicted, expected);
  return scores;
}

// For each sentence of the reference the union of its subsequences with every sentence of the prediction; a
// word counts at most as often as both texts have it.
RougeScore RougeScoreScorer::summary_level(const Words& prediction, const Words& reference) {
  add_counts(prediction.numbers, words_.vocabulary(), counts_);
  add_counts(reference.numbers, words_.vocabulary(), other_counts_);
  std::size_t hits = 0;
  std::vector<std::uint8_t> marks;
  for (std::size_t s = 0; s < reference.sentences(); ++s) {
    const auto sentence = reference.sentence(s);
    marks.assign(sentence.size(), 0);
    subsequence_.set_pattern(sentence, words_.vocabulary());
    for (std::size_t c = 0; c < prediction.sentences(); ++c) subsequence_.mark(prediction.sentence(c), marks);
    for (std::size_t i = 0; i < sentence.size(); ++i) {
      const auto word = static_cast<std::size_t>(sentence[i]);
      if (marks[i] == 0 || counts_[word] == 0 || other_counts_[word] == 0) continue;
      ++hits, --counts_[word], --other_counts_[word];
    }
  }
  return plain_score(hits, prediction.numbers.size(), reference.numbers.size());
}

RougeScores RougePackageScorer::score(std::string_view prediction, std::string_view reference) {
  const Words predicted = words_.read(prediction);
  const Words expected = words_.read(reference);
  RougeScores scores;
  scores.rougeLsum.precision = scores.rougeLsum.recall = scores.rougeLsum.f1 =
      std::numeric_limits<double>::quiet_NaN();
  if (predicted.sentences() == 0 || expected.sentences() == 0) return scores;
  const Numbers words = each_once(predicted.numbers);
  const Numbers words_of_reference = each_once(expected.numbers);
  scores.rouge1 = smoothed_score(shared(words, words_of_reference), words.size(), words_of_reference.size());
  const auto pairs = each_once(sorted_pairs(predicted.numbers));
  const auto pairs_of_reference = each_once(sorted_pairs(expected.numbers));
  scores.rouge2 = smoothed_score(shared(pairs, pairs_of_reference), pairs.size(), pairs_of_reference.size());
  scores.rougeL = summary_level(predicted, expected);
  return scores;
}

// The words of all subsequences of a sentence with a sentence, each word once in the whole text. Where the
// last words differ and neither way is longer, the package drops the prediction's: its sentence is the
// pattern.
RougeScore RougePackageScorer::summary_level(const Words& prediction, const Words& reference) {
  std::vector<std::uint8_t> marked(words_.vocabulary(), 0);  // [word]
  std::vector<std::uint8_t> marks;
  for (std::size_t c = 0; c < prediction.sentences(); ++c) {
    const auto sentence = prediction.sentence(c);
    marks.assign(sentence.size(), 0);
    subsequence_.set_pattern(sentence, words_.vocabulary());
    for (std::size_t s = 0; s < reference.sentences(); ++s) subsequence_.mark(reference.sentence(s), marks);
    for (std::size_t i = 0; i < sentence.size(); ++i) {
      if (marks[i] != 0) marked[static_cast<std::size_t>(sentence[i])] = 1;
    }
  }
  const auto hits = static_cast<std::size_t>(std::ranges::count(marked, 1));
  return smoothed_score(hits, each_once(prediction.numbers).size(), each_once(reference.numbers).size());
}

}  // namespace gistmill::metric
