// What metric/rouge makes of rows of texts: points, columns, and what is said of an option that it cannot
// take.
#include "plugins/metric/rouge/rouge.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::metric {
namespace {

using gistmill::test::PlainOptions;
using ::testing::DoubleEq;
using ::testing::ElementsAre;

std::vector<double> values(const Tensor& tensor) {
  return {tensor.data<double>(), tensor.data<double>() + tensor.size()};
}

Tensor rows(const std::vector<std::string>& texts) {
  std::size_t longest = 0;
  for (const std::string& text : texts) longest = std::max(longest, text.size());
  std::vector<std::uint8_t> bytes(texts.size() * longest, 0);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::copy(texts[i].begin(), texts[i].end(), bytes.begin() + static_cast<std::ptrdiff_t>(i * longest));
  }
  return Tensor::of(bytes, {static_cast<std::int64_t>(texts.size()), static_cast<std::int64_t>(longest)});
}

Rouge metric(const std::vector<std::string>& scores = {"f1"}, const std::string& scorer = "rouge_score",
             bool stem = true) {
  return Rouge(PlainOptions({{"scorer", scorer}, {"stem", stem}, {"scores", scores}}).get());
}

TEST(RougeMetric, GivesPointsOfAHundredForEachRow) {
  const auto [one, two, subsequence, summary] =
      metric().measure(rows({"a b c d", "x", ""}), rows({"a b c d", "y", "z and more"}));
  EXPECT_EQ(one.shape(), (std::vector<std::int64_t>{3, 1}));
  EXPECT_THAT(values(one), ElementsAre(100, 0, 0));
  EXPECT_THAT(values(two), ElementsAre(100, 0, 0));
  EXPECT_THAT(values(subsequence), ElementsAre(100, 0, 0));
  EXPECT_THAT(values(summary), ElementsAre(100, 0, 0));
}

TEST(RougeMetric, HasAColumnForEachScoreThatIsAskedFor) {
  const auto [one, two, subsequence, summary] =
      metric({"recall", "precision"}).measure(rows({"a b"}), rows({"a b c d"}));
  EXPECT_EQ(one.shape(), (std::vector<std::int64_t>{1, 2}));
  EXPECT_THAT(values(one), ElementsAre(50, 100));
  EXPECT_THAT(values(two), ElementsAre(DoubleEq(100.0 / 3), 100));
}

TEST(RougeMetric, ComparesStemsUnlessItIsToldNotTo) {
  const Tensor prediction = rows({"connected"});
  const Tensor reference = rows({"connection"});
  EXPECT_THAT(values(std::get<0>(metric().measure(prediction, reference))), ElementsAre(100));
  EXPECT_THAT(values(std::get<0>(metric({"f1"}, "rouge_score", false).measure(prediction, reference))),
              ElementsAre(0));
}

TEST(RougeMetric, CountsAsThePackageDoesThatIsNamed) {
  const Tensor prediction = rows({"The the the."});
  const Tensor reference = rows({"the cat"});
  EXPECT_THAT(values(std::get<0>(metric({"precision"}).measure(prediction, reference))),
              ElementsAre(DoubleEq(100.0 / 3)));
  const auto [one, two, subsequence, summary] = metric({"precision"}, "rouge").measure(prediction, reference);
  EXPECT_THAT(values(one), ElementsAre(50));
  EXPECT_TRUE(std::isnan(values(summary)[0]));
}

TEST(RougeMetric, DoesNotReadTheZeroBytesThatRowsAreFilledUpWith) {
  const auto [one, two, subsequence, summary] =
      metric({"f1"}, "rouge").measure(rows({"a", "a much longer one"}), rows({"a", "b"}));
  EXPECT_NEAR(values(one)[0], 100, 1e-5);
}

TEST(RougeMetric, RefusesAScoreThatItDoesNotKnow) {
  for (const std::vector<std::string>& scores : {std::vector<std::string>{"f2"}, {}}) {
    try {
      metric(scores);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.key, "scores");
      EXPECT_THAT(error.what(), ::testing::HasSubstr("expected f1, precision or recall"));
    }
  }
}

}  // namespace
}  // namespace gistmill::metric
