// ROUGE of one text against another (Lin 2004), as two packages compute it. Which of them a published figure
// is of decides: they differ by several points on the same texts.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "plugins/metric/rouge/common_subsequence.hpp"
#include "plugins/metric/rouge/words.hpp"

namespace gistmill::metric {

struct RougeScore {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

// All from 0 to 1.
struct RougeScores {
  RougeScore rouge1, rouge2, rougeL, rougeLsum;
};

// Scores texts one after another; remembers words, so that a word is stemmed once. One thread at a time.
class RougeScorer {
 public:
  virtual ~RougeScorer() = default;
  RougeScorer() = default;
  RougeScorer(const RougeScorer&) = delete;
  RougeScorer& operator=(const RougeScorer&) = delete;
  virtual RougeScores score(std::string_view prediction, std::string_view reference) = 0;
};

// Equal to rouge_score 0.1.2 bit for bit, with its stemmer or without. N-grams count as often as both have
// them. A text without words scores 0.
class RougeScoreScorer : public RougeScorer {
 public:
  explicit RougeScoreScorer(bool stem) : words_(stem) {}
  RougeScores score(std::string_view prediction, std::string_view reference) override;

 private:
  RougeScore summary_level(const Words& prediction, const Words& reference);

  RougeScoreWords words_;
  CommonSubsequence subsequence_;
  std::vector<std::int32_t> counts_;
  std::vector<std::int32_t> other_counts_;
};

// Equal to rouge 1.0.1 bit for bit, which LongBench uses. N-grams and words count once. Its rouge-l is at
// summary level: rougeL is that, and rougeLsum is NaN. Where the package refuses an empty text, all is 0,
// which is what LongBench makes of it.
class RougePackageScorer : public RougeScorer {
 public:
  RougeScores score(std::string_view prediction, std::string_view reference) override;

 private:
  RougeScore summary_level(const Words& prediction, const Words& reference);

  RougeWords words_;
  CommonSubsequence subsequence_;
};

}  // namespace gistmill::metric
