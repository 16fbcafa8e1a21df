// What a sweep says of its axes, on made-up figures.
#include "host/sweep/axis_effects.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "host/diagnostic/failure.hpp"
#include "host/sweep/table_text.hpp"
#include "tests/host/sweep/made_up_points.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Width 2 is better by 0.2 on average; the seeds differ by far more.
std::vector<MeasuredPoint> points() {
  return {point("1", "0", 1.0), point("1", "1", 2.0), point("1", "2", 3.0),
          point("2", "0", 0.9), point("2", "1", 1.8), point("2", "2", 2.7)};
}

TEST(AxisEffects, ArePairedSoThatOtherAxesCancelOut) {
  const SweepTable table = sweep_table(headline(), points());
  ASSERT_EQ(table.axes.size(), 2u);
  const AxisValue& second = table.axes[0].values.at(1);
  const Interval& difference = second.against_first.difference;
  EXPECT_NEAR(difference.mean, -0.2, 1e-12);
  EXPECT_EQ(second.against_first.pairs, 3);
  EXPECT_TRUE(second.against_first.over_seeds);
  EXPECT_NEAR(second.measured.mean, 1.8, 1e-12);
  // Differences -0.1, -0.2, -0.3: s = 0.1, t(0.975, 2) = 4.302653.
  EXPECT_NEAR(difference.half_width, 4.302653 * 0.1 / std::sqrt(3.0), 1e-6);
}

// Two depths for each seed are two pairs, but one repeat: pairs of one seed share what the seed decides.
TEST(AxisEffects, SeedsAreTheRepeatsHoweverManyPairsTheyHave) {
  std::vector<MeasuredPoint> deep;
  const double values[2][2][2] = {{{1.0, 5.0}, {2.0, 6.0}},
                                  {{1.1, 5.3}, {2.3, 6.5}}};  // [width][seed][depth]
  for (int width = 0; width < 2; ++width) {
    for (int seed = 0; seed < 2; ++seed) {
      for (int depth = 0; depth < 2; ++depth) {
        MeasuredPoint one = point(std::to_string(width), std::to_string(seed), values[width][seed][depth]);
        one.settings.insert(one.settings.begin(), {"gist.depth", std::to_string(depth)});
        deep.push_back(one);
      }
    }
  }
  const Contrast contrast = sweep_table(headline(), deep).axes.at(1).values.at(1).against_first;
  EXPECT_EQ(contrast.pairs, 4);
  EXPECT_EQ(contrast.difference.count, 2);
  // Seed 0: 0.1 and 0.3; seed 1: 0.3 and 0.5. Means 0.2 and 0.4; t(0.975, 1) = 12.7062.
  EXPECT_NEAR(contrast.difference.mean, 0.3, 1e-12);
  EXPECT_NEAR(contrast.difference.half_width, 12.7062 * 0.1, 1e-4);
}

TEST(AxisEffects, ASeedIsARepeat) {
  const SweepTable table = sweep_table(headline(), points());
  EXPECT_FALSE(table.axes[0].repeats);
  EXPECT_TRUE(table.axes[1].repeats);
  EXPECT_EQ(table.seeds, 3);
}

TEST(AxisEffects, TheBestHasTheBestMeanOverItsSeeds) {
  EXPECT_EQ(sweep_table(headline(), points()).best.point, 3u);
  EXPECT_EQ(sweep_table(headline(Better::higher), points()).best.point, 2u);
  // The least figure of all is a lucky seed of the worse width.
  std::vector<MeasuredPoint> lucky = points();
  lucky[0].value = 0.1;
  lucky[2].value = 9.0;
  const SweepTable table = sweep_table(headline(), lucky);
  EXPECT_EQ(table.best.point, 3u);
  EXPECT_EQ(table.best.measured.count, 3);
  EXPECT_EQ(table.best.next.at(0).value, "1");
}

TEST(AxisEffects, ABestOfASingleSeedIsMarked) {
  EXPECT_FALSE(sweep_table(headline(), points()).single_seed());
  const SweepTable table = sweep_table(headline(), {point("1", "0", 1.0), point("2", "0", 0.5)});
  EXPECT_TRUE(table.single_seed());
  EXPECT_THAT(to_text(table), HasSubstr("single seed"));
}

TEST(AxisEffects, TiedAxesAreOne) {
  std::vector<MeasuredPoint> tied;
  for (const auto& [width, rate] : {std::pair("1", "0.1"), std::pair("2", "0.2")}) {
    for (const char* depth : {"3", "4"}) {
      MeasuredPoint one = point(width, "0", std::stod(width) + std::stod(depth));
      one.settings = {{"width", width}, {"rate", rate}, {"depth", depth}};
      tied.push_back(one);
    }
  }
  const SweepTable table = sweep_table(headline(), tied);
  ASSERT_EQ(table.axes.size(), 2u);
  EXPECT_THAT(table.axes[0].keys, ElementsAre("width", "rate"));
  EXPECT_NEAR(table.axes[0].values.at(1).against_first.difference.mean, 1.0, 1e-12);
}

TEST(AxisEffects, OfOnePairHaveNoInterval) {
  const SweepTable table = sweep_table(headline(), {point("1", "0", 1.0), point("2", "0", 0.5)});
  const Contrast& contrast = table.axes[0].values.at(1).against_first;
  EXPECT_TRUE(std::isnan(contrast.difference.half_width));
  EXPECT_NEAR(contrast.difference.mean, -0.5, 1e-12);
  EXPECT_THAT(to_text(table), HasSubstr("-0.5 of a single pair"));
}

TEST(AxisEffects, AnAxisOfOneValueIsLeftOut) {
  const SweepTable table = sweep_table(headline(), {point("1", "0", 1.0), point("1", "1", 0.5)});
  ASSERT_EQ(table.axes.size(), 1u);
  EXPECT_TRUE(table.axes[0].repeats);
}

// All points measured the same items: what an item adds to all of them cancels out in the difference, and
// what differs from item to item stays, however many seeds there are.
TEST(AxisEffects, HaveTheErrorOfTheItemsBesideThatOfTheSeeds) {
  std::vector<MeasuredPoint> measured;
  for (const char* seed : {"0", "1"}) {
    measured.push_back(with_items(point("1", seed, 5.0), {1.0, 5.0, 9.0}));
    measured.push_back(with_items(point("2", seed, 5.2), {1.1, 5.2, 9.3}));
  }
  const Contrast contrast = sweep_table(headline(), measured).axes.at(0).values.at(1).against_first;
  EXPECT_NEAR(contrast.difference.half_width, 0.0, 1e-9);
  ASSERT_TRUE(contrast.on_items);
  EXPECT_NEAR(contrast.on_items->value, 0.2, 1e-12);
  EXPECT_EQ(contrast.on_items->items, 3);
  // Differences 0.1, 0.2, 0.3 twice: three clusters of two; as of one seed.
  EXPECT_NEAR(contrast.on_items->standard_error, 0.1 / std::sqrt(3.0), 1e-12);
  EXPECT_THAT(to_text(sweep_table(headline(), measured)), HasSubstr("± 0.058 on 3 spans"));
}

TEST(AxisEffects, WithoutSharedItemsHaveNoErrorOfTheItems) {
  const SweepTable table = sweep_table(headline(), points());
  EXPECT_FALSE(table.axes[0].values.at(1).against_first.on_items);
  EXPECT_THAT(to_text(table), Not(HasSubstr(" on ")));
}

TEST(AxisEffects, AFigureThatNobodyMeasuredIsNamedWithThoseThereAre) {
  RunSummary summary;
  EvaluationTable& table = summary.evaluations.emplace_back();
  table.name = "heldout";
  EvaluationEntry& entry = table.entries.emplace_back();
  entry.variant = "gist";
  entry.figure = "delta.32";
  entry.measured.value = 0.5;
  EXPECT_EQ(headline_of(summary, "", "").value, 0.5);
  EXPECT_EQ(headline_of(summary, "delta.32", "gist").evaluation, "heldout");
  try {
    headline_of(summary, "delta.64", "");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("no evaluation has the figure 'delta.64'"));
    EXPECT_THAT(failure.what(), HasSubstr("delta.32"));
  }
}

}  // namespace
}  // namespace gistmill
