// Where spans may stand, and that chance is fair and repeatable.
#include "plugins/dataset/spans/placement.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include <gistmill/plugin/values.hpp>
#include <gistmill/random.hpp>

namespace gistmill::dataset {
namespace {

using ::testing::ElementsAre;

TEST(PossibleStarts, AreMultiplesOfTheStrideWithAllTargetsInTheWindow) {
  const Starts starts =
      possible_starts({.document = 1024, .span = 32, .horizon = 64, .spans = 1, .first = 256});
  EXPECT_EQ(starts.first, 256);
  EXPECT_EQ(starts.count, 22) << "256, 288, ..., 928; the last target of 928 is x[1023]";
}

TEST(PossibleStarts, BeginAtTheFirstMultipleNotBelowFirst) {
  EXPECT_EQ(possible_starts({.spans = 1, .first = 257}).first, 288);
  EXPECT_EQ(possible_starts({.spans = 1, .first = 257, .stride = 1}).first, 257);
  EXPECT_EQ(possible_starts({.spans = 1, .first = 1}).first, 32) << "a span always has a prefix";
}

TEST(PossibleStarts, NeedOneTargetWhereTheHorizonMayBeCut) {
  SpanShape shape{.document = 128, .span = 32, .horizon = 64, .spans = 1, .first = 32};
  EXPECT_EQ(possible_starts(shape).count, 1) << "32 only: 32 + 32 + 64 = 128";
  shape.full_horizon = false;
  EXPECT_EQ(possible_starts(shape).count, 2) << "64 too; 96 would leave no target";
}

TEST(PossibleStarts, SaysHowManyFitWhereMoreAreAskedFor) {
  try {
    possible_starts({.document = 1024, .span = 32, .horizon = 64, .spans = 28, .first = 256});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "28 spans per window when 22 places fit: multiples of 32 from 256 to 928 (document - span - "
                 "horizon); take fewer spans, a smaller stride, first or horizon, or a longer document");
    EXPECT_EQ(error.key, "spans");
    EXPECT_EQ(error.code, GM_ERROR_USER);
  }
  EXPECT_THROW(possible_starts({.document = 64, .span = 32, .horizon = 64, .spans = 1, .first = 1}), Error);
}

TEST(EvenStarts, TakeTheMiddleOfEqualParts) {
  EXPECT_THAT(even_starts({.first = 0, .stride = 1, .count = 100}, 4), ElementsAre(12, 37, 62, 87));
  EXPECT_THAT(even_starts({.first = 256, .stride = 32, .count = 3}, 3), ElementsAre(256, 288, 320));
  EXPECT_THAT(even_starts({.first = 256, .stride = 32, .count = 22}, 1), ElementsAre(256 + 11 * 32));
}

TEST(RandomStarts, AreDistinctAscendingAndPossible) {
  const Starts starts{.first = 256, .stride = 32, .count = 22};
  for (std::uint64_t key = 0; key < 500; ++key) {
    const std::vector<std::int32_t> places = random_starts(starts, 16, key);
    ASSERT_EQ(places.size(), 16u);
    for (std::size_t i = 0; i < places.size(); ++i) {
      EXPECT_EQ(places[i] % 32, 0);
      EXPECT_GE(places[i], 256);
      EXPECT_LE(places[i], 928);
      if (i > 0) {
        EXPECT_LT(places[i - 1], places[i]);
      }
    }
  }
}

TEST(RandomStarts, TakeAllWhereAsManyAreAskedForAsThereAre) {
  EXPECT_THAT(random_starts({.first = 10, .stride = 5, .count = 4}, 4, 7), ElementsAre(10, 15, 20, 25));
}

TEST(RandomStarts, AreTheSameForTheSameKeyOnly) {
  const Starts starts{.first = 256, .stride = 1, .count = 600};
  EXPECT_EQ(random_starts(starts, 16, 1), random_starts(starts, 16, 1));
  EXPECT_NE(random_starts(starts, 16, 1), random_starts(starts, 16, 2));
}

TEST(RandomStarts, AreThoseOfRunsThatWereSavedBefore) {
  EXPECT_THAT(random_starts({.first = 256, .stride = 1, .count = 600}, 8, random_key(0, "corpus", 5, 0)),
              ElementsAre(515, 561, 577, 585, 684, 726, 787, 837));
}

TEST(RandomStarts, ChooseEverySubsetEquallyOften) {
  std::map<std::vector<std::int32_t>, int> seen;
  constexpr int kDraws = 20000;
  for (int key = 0; key < kDraws; ++key) ++seen[random_starts({.first = 0, .stride = 1, .count = 6}, 3, key)];
  EXPECT_EQ(seen.size(), 20u) << "6 over 3";
  for (const auto& [subset, count] : seen) EXPECT_NEAR(count, kDraws / 20, 130) << "four standard deviations";
}

}  // namespace
}  // namespace gistmill::dataset
