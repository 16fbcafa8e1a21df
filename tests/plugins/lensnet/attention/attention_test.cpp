// Scores by what the newest rows attend to.
#include "plugins/lensnet/attention/attention.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/plugins/support/plain_options.hpp"

namespace gistmill::lensnet {
namespace {

using gistmill::test::PlainOptions;
using ::testing::HasSubstr;

Tensor ints(const std::vector<std::int32_t>& values) { return Tensor::of(values, {std::ssize(values)}); }
Tensor scalar(std::int32_t value) { return Tensor::of<std::int32_t>({value}, {}); }

// K = 2. Seven entries: gists of blocks 0 to 3, blocks 4 and 5, and block 6, which is protected.
const std::vector<std::int32_t> kLevels = {1, 1, 1, 1, 0, 0, 0};
const Tensor kStarts = ints({0, 2, 4, 6, 8, 10, 12});
const std::vector<float> kAttended = {0.5f, 0.04f, 0.01f, 0.02f, 0.02f, 0.06f, 0.01f, 0.01f, 0.2f, 0.13f};

std::vector<float> scores(const std::vector<float>& attended, double spread = 1.0) {
  const Attention lens(PlainOptions({{"spread", spread}}).get());
  const Tensor found = lens.score(ints(kLevels), kStarts, scalar(2), scalar(14), scalar(2),
                                  Tensor::of(attended, {1, std::ssize(attended)}));
  return {found.data<float>(), found.data<float>() + found.size()};
}

TEST(AttentionScores, AreHighOfTheGistsThatAreLookedAtAndLowOfTheBlocksThatAreNot) {
  const std::vector<float> found = scores(kAttended);
  EXPECT_GT(found[1], 0.9f);
  EXPECT_GT(found[1], found[3]);
  EXPECT_LT(found[2], -0.9f) << "closed with its sibling";
  EXPECT_EQ(found[4], 0.0f) << "of the two blocks it is looked at more, but it is open already";
  EXPECT_EQ(found[5], -1.0f);
  EXPECT_TRUE(std::isnan(found[6])) << "the tail is protected";
}

// Again by the words of the header, of every entry.
TEST(AttentionScores, AreDeviationsOfLogarithmsFromTheMeanOfTheirLevel) {
  const double gists[3] = {std::log(0.04), std::log(0.01), std::log(0.02)};
  const double mean = (gists[0] + gists[1] + gists[2]) / 3;
  double variance = 0;
  for (const double c : gists) variance += (c - mean) * (c - mean) / 3;
  const std::vector<float> found = scores(kAttended, 2.0);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(found[i + 1], (gists[i] - mean) / (2 * std::sqrt(variance)), 1e-6) << i;
  EXPECT_NEAR(found[5], -0.5, 1e-6) << "one of two, below their mean by one deviation";
}

TEST(AttentionScores, LeaveOutTheFirstEntryWhichTakesAttentionWhateverItSays) {
  std::vector<float> other = kAttended;
  other[0] = 0.0001f;
  const std::vector<float> found = scores(kAttended);
  EXPECT_EQ(found[0], 0.0f);
  EXPECT_EQ(std::vector<float>(found.begin(), found.begin() + 6), [&] {
    auto same = scores(other);
    same.resize(6);
    return same;
  }());
}

TEST(AttentionScores, AreNothingWhereAllIsLookedAtAlike) {
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(scores(std::vector<float>(10, 0.1f))[i], 0.0f) << i;
}

TEST(AttentionScores, AreFiniteWhereARowIsNotLookedAtAtAll) {
  std::vector<float> none = kAttended;
  none[2] = 0;
  EXPECT_EQ(scores(none)[2], -1.0f);
}

TEST(AttentionScores, RefuseTheAttentionOfAnotherContext) {
  const auto refused = [](const std::vector<float>& attended, const char* message) {
    try {
      scores(attended);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.key, "attended");
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  };
  refused(std::vector<float>(9, 0.1f), "attention to 9 rows when the context has 10");
  std::vector<float> wrong = kAttended;
  wrong[3] = -1;
  refused(wrong, "the attention to row 3 is -1.000000 when it should be 0 or above");
  wrong[3] = NAN;
  refused(wrong, "the attention to row 3 is nan");
}

}  // namespace
}  // namespace gistmill::lensnet
