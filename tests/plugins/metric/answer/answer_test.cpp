// What counts as the same answer, and the scores that the packages gave (tests/plugins/metric/common).
#include "plugins/metric/answer/answer.hpp"

#include <gmock/gmock.h>

#include <string>

#include "tests/plugins/metric/common/golden.hpp"
#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::metric {
namespace {

using gistmill::test::PlainOptions;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<double> values(const Tensor& tensor) {
  return {tensor.data<double>(), tensor.data<double>() + tensor.size()};
}

Tensor row(const std::string& text) {
  return Tensor::of(std::vector<std::uint8_t>(text.begin(), text.end()),
                    {1, static_cast<std::int64_t>(text.size())});
}

double exact_match(const std::string& match, const std::string& prediction, const std::string& reference) {
  const Answer metric(PlainOptions({{"match", match}}).get());
  return values(std::get<0>(metric.measure(row(prediction), row(reference))))[0];
}

TEST(AnswerWords, HaveNoCaseNoPunctuationAndNoArticles) {
  EXPECT_THAT(normalized_words("The  U.S.A.,\tan  apple (and a pear)!"),
              ElementsAre("usa", "apple", "and", "pear"));
  EXPECT_THAT(normalized_words("a-the AN"), ElementsAre("athe"));
  EXPECT_THAT(normalized_words(" the ."), IsEmpty());
}

TEST(AnswerWords, KeepWhatIsNoPunctuationOfAscii) {
  EXPECT_THAT(normalized_words("\xC3\x89t\xC3\xA9 \xE2\x80\x9Cthe\xE2\x80\x9D"),
              ElementsAre("\xC3\xA9t\xC3\xA9", "\xE2\x80\x9C", "\xE2\x80\x9D"));
}

TEST(AnswerMetric, MatchesWhatIsTheSameButForSpelling) {
  EXPECT_EQ(exact_match("normalized", "An Apple.", "apple"), 100);
  EXPECT_EQ(exact_match("normalized", "apples", "apple"), 0);
  EXPECT_EQ(exact_match("normalized", "", "the"), 100);
}

TEST(AnswerMetric, MatchesBytesWhereItIsToldTo) {
  EXPECT_EQ(exact_match("raw", "An Apple.", "apple"), 0);
  EXPECT_EQ(exact_match("raw", "apple", "apple"), 100);
}

TEST(AnswerMetric, CountsWordsThatBothHave) {
  const Answer metric(PlainOptions({{"match", std::string("normalized")}}).get());
  const auto [exact, f1, chrf] = metric.measure(row("green apple apple"), row("the apple"));
  EXPECT_THAT(values(f1), ElementsAre(DoubleEq(50)));
  EXPECT_THAT(values(exact), ElementsAre(0));
}

TEST(AnswerMetric, HasTheScoresOfThePackages) {
  for (const nlohmann::json& pair : golden_pairs()) {
    const std::string prediction = pair.at("prediction");
    const std::string reference = pair.at("reference");
    const AnswerScores scores = squad_scores(prediction, reference);
    EXPECT_EQ(scores.exact, pair.at("exact_match").get<double>()) << reference;
    EXPECT_EQ(scores.f1, pair.at("token_f1").get<double>()) << reference;
    EXPECT_EQ(sentence_chrf(prediction, reference), pair.at("chrf").get<double>()) << reference;
  }
}

}  // namespace
}  // namespace gistmill::metric
