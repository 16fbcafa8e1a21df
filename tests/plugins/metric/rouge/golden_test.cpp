// The scores that rouge_score 0.1.2 and rouge 1.0.1 gave, bit for bit. More pairs are compared with the
// packages themselves in tests/plugins/metric/common.
#include <gtest/gtest.h>

#include <string>

#include "plugins/metric/rouge/scores.hpp"
#include "tests/plugins/metric/common/golden.hpp"

namespace gistmill::metric {
namespace {

void expect_score(const RougeScore& score, const nlohmann::json& golden, const std::string& text) {
  EXPECT_EQ(score.precision, golden.at(0).get<double>()) << text;
  EXPECT_EQ(score.recall, golden.at(1).get<double>()) << text;
  EXPECT_EQ(score.f1, golden.at(2).get<double>()) << text;
}

void expect_scores(RougeScorer& scorer, const std::string& name, bool with_sentences) {
  const nlohmann::json pairs = golden_pairs();
  ASSERT_GT(pairs.size(), 30u);
  for (const nlohmann::json& pair : pairs) {
    const std::string reference = pair.at("reference");
    const RougeScores scores = scorer.score(pair.at("prediction").get<std::string>(), reference);
    const nlohmann::json& golden = pair.at(name);
    expect_score(scores.rouge1, golden.at("rouge1"), reference);
    expect_score(scores.rouge2, golden.at("rouge2"), reference);
    expect_score(scores.rougeL, golden.at("rougeL"), reference);
    if (with_sentences) expect_score(scores.rougeLsum, golden.at("rougeLsum"), reference);
  }
}

TEST(RougeScores, AreThoseOfRougeScoreWithItsStemmer) {
  RougeScoreScorer scorer(true);
  expect_scores(scorer, "stemmed", true);
}

TEST(RougeScores, AreThoseOfRougeScoreWithoutItsStemmer) {
  RougeScoreScorer scorer(false);
  expect_scores(scorer, "plain", true);
}

TEST(RougeScores, AreThoseOfThePackageRouge) {
  RougePackageScorer scorer;
  expect_scores(scorer, "rouge", false);
}

}  // namespace
}  // namespace gistmill::metric
