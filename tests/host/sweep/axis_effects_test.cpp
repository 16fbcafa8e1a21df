// What a sweep says of its axes, on made-up figures.
#include "host/sweep/axis_effects.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Headline headline(Better better = Better::lower) {
  Headline headline{"heldout", "gist", {"delta", {}}, 0};
  headline.figure.spec.better = better;
  return headline;
}

MeasuredPoint point(const std::string& width, const std::string& seed, double value) {
  return {width + seed, {{"gist.width", width}, {"run.seed", seed}}, value, 1, 0};
}

// Width 2 is better by 0.2 on average; the seeds differ by far more.
std::vector<MeasuredPoint> points() {
  return {point("1", "0", 1.0), point("1", "1", 2.0), point("1", "2", 3.0),
          point("2", "0", 0.9), point("2", "1", 1.8), point("2", "2", 2.7)};
}

TEST(AxisEffects, ArePairedSoThatOtherAxesCancelOut) {
  const SweepTable table = sweep_table(headline(), points());
  ASSERT_EQ(table.axes.size(), 2u);
  const AxisValue& second = table.axes[0].values.at(1);
  EXPECT_NEAR(second.effect, -0.2, 1e-12);
  EXPECT_EQ(second.pairs, 3);
  EXPECT_NEAR(second.mean, 1.8, 1e-12);
  // Differences -0.1, -0.2, -0.3: s = 0.1, t(0.975, 2) = 4.302653.
  EXPECT_NEAR(second.half_width, 4.302653 * 0.1 / std::sqrt(3.0), 1e-6);
}

TEST(AxisEffects, ASeedIsARepeat) {
  const SweepTable table = sweep_table(headline(), points());
  EXPECT_FALSE(table.axes[0].repeats);
  EXPECT_TRUE(table.axes[1].repeats);
}

TEST(AxisEffects, TheBestIsTheLeastOrTheGreatest) {
  EXPECT_EQ(sweep_table(headline(), points()).best, 3u);
  EXPECT_EQ(sweep_table(headline(Better::higher), points()).best, 2u);
}

TEST(AxisEffects, ABestOfASingleSeedIsMarked) {
  EXPECT_FALSE(sweep_table(headline(), points()).single_seed);
  const SweepTable table = sweep_table(headline(), {point("1", "0", 1.0), point("2", "0", 0.5)});
  EXPECT_TRUE(table.single_seed);
  EXPECT_THAT(to_text(table), HasSubstr("single seed"));
}

TEST(AxisEffects, TiedAxesAreOne) {
  std::vector<MeasuredPoint> tied;
  for (const auto& [width, rate] : {std::pair("1", "0.1"), std::pair("2", "0.2")}) {
    for (const char* depth : {"3", "4"}) {
      tied.push_back({std::string(width) + depth,
                      {{"width", width}, {"rate", rate}, {"depth", depth}},
                      std::stod(width) + std::stod(depth),
                      1,
                      0});
    }
  }
  const SweepTable table = sweep_table(headline(), tied);
  ASSERT_EQ(table.axes.size(), 2u);
  EXPECT_THAT(table.axes[0].keys, ElementsAre("width", "rate"));
  EXPECT_NEAR(table.axes[0].values.at(1).effect, 1.0, 1e-12);
}

TEST(AxisEffects, OfOnePairHaveNoInterval) {
  const SweepTable table = sweep_table(headline(), {point("1", "0", 1.0), point("2", "0", 0.5)});
  EXPECT_TRUE(std::isnan(table.axes[0].values.at(1).half_width));
  EXPECT_NEAR(table.axes[0].values.at(1).effect, -0.5, 1e-12);
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
