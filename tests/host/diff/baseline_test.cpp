// A run held against an earlier one, on made-up figures.
#include "host/diff/baseline.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

// One figure of one trained row, measured on items "0", "1", ... of a document each.
MeasuredRun run(double value, const std::vector<double>& items = {}, Better better = Better::lower) {
  MeasuredRun run;
  EvaluationTable& table = run.summary.evaluations.emplace_back();
  table.name = "heldout";
  table.items = "spans";
  table.described = {{"delta", {}}};
  table.described[0].spec.better = better;
  EvaluationEntry& entry = table.entries.emplace_back();
  entry.variant = "gist";
  entry.figure = "delta";
  entry.trained = true;
  entry.measured.value = value;
  if (items.empty()) return run;
  MeasuredItems& kept = run.items.emplace_back();
  kept.rows.name = "heldout";
  kept.rows.cluster = "document";
  kept.rows.figures = {{"delta", {}}};
  EvaluationRows::Variant gist{"gist", "", true, {items}, {}, {}};
  for (std::size_t i = 0; i < items.size(); ++i) {
    gist.clusters.push_back(static_cast<std::int64_t>(i));
    gist.keys.push_back(std::to_string(i));
  }
  kept.rows.variants.push_back(gist);
  return run;
}

TEST(Baseline, WorseByMoreThanTheToleranceIsARegression) {
  EXPECT_TRUE(against_baseline(run(0.30), run(0.32), "", 0.01).regressed);
  EXPECT_FALSE(against_baseline(run(0.30), run(0.32), "", 0.03).regressed);
  EXPECT_FALSE(against_baseline(run(0.30), run(0.20), "", 0.0).regressed);
  EXPECT_FALSE(against_baseline(run(0.30), run(0.30), "", 0.0).regressed);
}

TEST(Baseline, WhichWayIsWorseTheFigureSays) {
  EXPECT_TRUE(
      against_baseline(run(0.30, {}, Better::higher), run(0.20, {}, Better::higher), "", 0.01).regressed);
  EXPECT_FALSE(
      against_baseline(run(0.30, {}, Better::higher), run(0.40, {}, Better::higher), "", 0.01).regressed);
}

TEST(Baseline, WhatIsNoNumberIsARegression) {
  EXPECT_TRUE(against_baseline(run(0.30), run(std::numeric_limits<double>::quiet_NaN()), "", 1.0).regressed);
}

TEST(Baseline, IsComparedOnTheItemsThatBothMeasured) {
  // The run measured one hard item more: unpaired it looks worse.
  const BaselineVerdict verdict =
      against_baseline(run(2.0, {1, 2, 3}), run(4.0, {0.9, 1.8, 2.7, 10.6}), "", 0.0);
  ASSERT_TRUE(verdict.paired);
  EXPECT_NEAR(verdict.worse_by, -0.2, 1e-12);
  EXPECT_FALSE(verdict.regressed);
  EXPECT_EQ(verdict_text(verdict, "runs/base"),
            "delta of gist is 4, against 2 in runs/base: better by 0.2 ± 0.058 on the same 3 spans");
}

TEST(Baseline, TheSentenceSaysBothValuesAndTheTolerance) {
  EXPECT_EQ(
      verdict_text(against_baseline(run(0.30), run(0.32), "", 0.01), "runs/base"),
      "delta of gist is 0.32, against 0.3 in runs/base: worse by 0.02, more than the tolerance of 0.01");
  EXPECT_EQ(verdict_text(against_baseline(run(0.30), run(0.32), "", 0.5), "runs/base"),
            "delta of gist is 0.32, against 0.3 in runs/base: worse by 0.02, within the tolerance of 0.5");
  EXPECT_EQ(verdict_text(against_baseline(run(0.30), run(0.30), "", 0.0), "runs/base"),
            "delta of gist is 0.3, against 0.3 in runs/base: equal");
}

TEST(Baseline, WithoutTheFigureIsRefused) {
  EXPECT_THROW(against_baseline(run(0.30), run(0.32), "other", 0.0), Failure);
}

}  // namespace
}  // namespace gistmill
