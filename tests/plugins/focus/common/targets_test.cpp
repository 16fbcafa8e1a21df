// What a lensnet should say of an entry, out of what its swaps are worth, and what it may say; batches of
// contexts; the tail.
#include "plugins/focus/common/targets.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>

#include "plugins/focus/common/batch.hpp"
#include "plugins/focus/common/tail.hpp"

namespace gistmill::focus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

// K = 2: a gist of level 2, two siblings of level 1, one of level 1 beside a block, and a protected block.
class Targets : public ::testing::Test {
 protected:
  Entries entries_{2, 0, 14, 100, 2, levels_, starts_, zeros_, zeros_, 6};
  float utilities_[12] = {
      0.5f,  kNone, 0.1f,  -0.2f, 0.3f,  kNone,  // the collapse stands at the first sibling
      0.05f, kNone, kNone, -0.4f, kNone, kNone};

  std::vector<float> targets(TargetRule rule, double scale = 0) const {
    return targets_of(entries_, utilities_, {rule, scale});
  }

 private:
  static constexpr std::int32_t levels_[6] = {2, 1, 1, 1, 0, 0};
  static constexpr std::int32_t starts_[6] = {0, 4, 6, 8, 10, 12};
  static constexpr std::int32_t zeros_[6] = {};
};

bool same(float a, float b) { return (std::isnan(a) && std::isnan(b)) || std::abs(a - b) < 1e-6f; }
void expect_same(const std::vector<float>& found, const std::vector<float>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_TRUE(same(found[i], wanted[i])) << i << ": " << found[i];
}

TEST_F(Targets, OfTheSourceAreGainsOfExpansionsAndLossesOfCollapses) {
  expect_same(targets(TargetRule::source, 1), {0.5f, -0.2f, 0.3f, 0.05f, -0.4f, kNone});
  utilities_[0] = -0.1f;  // an expansion that loses, and a collapse that gains, say nothing
  utilities_[9] = 0.1f;
  expect_same(targets(TargetRule::source, 1), {0, -0.2f, 0.3f, 0.05f, 0, kNone});
}

TEST_F(Targets, OfDetailAreItsWorthAboveOrBelowTheMedian) {
  // worths: 0.5, 0.1, 0.2 (siblings, once), 0.3, 0.05, 0.4; the median is 0.25
  expect_same(targets(TargetRule::detail, 1), {0.25f, -0.05f, 0.05f, 0, 0, kNone});
}

TEST_F(Targets, ABlockNeverWantsToExpandAndALevelTwoGistNeverToCollapse) {
  utilities_[0] = -1;
  utilities_[9] = -2;
  const std::vector<float> found = targets(TargetRule::detail, 1);
  EXPECT_EQ(found[0], 0);
  EXPECT_EQ(found[4], 0);
}

TEST_F(Targets, ReachOneAtTheScaleAndStayWithinIt) {
  EXPECT_EQ(targets(TargetRule::source)[0], 1.0f) << "the greatest of the context";
  EXPECT_EQ(targets(TargetRule::source, 0.25)[0], 1.0f);
  EXPECT_EQ(targets(TargetRule::source, 0.25)[4], -1.0f);
  EXPECT_FLOAT_EQ(targets(TargetRule::source, 0.25)[3], 0.2f);
}

TEST_F(Targets, WhereNothingIsWorthAnythingAreZero) {
  for (float& value : utilities_) value = std::isnan(value) ? value : 0;
  expect_same(targets(TargetRule::source), {0, 0, 0, 0, 0, kNone});
  expect_same(targets(TargetRule::detail), {0, 0, 0, 0, 0, kNone});
}

TEST_F(Targets, WhatWasNotMeasuredIsUnknown) {
  for (const int i : {2, 3, 4}) utilities_[i] = kNone;
  expect_same(targets(TargetRule::source, 1), {0.5f, kNone, kNone, 0.05f, -0.4f, kNone});
}

TEST_F(Targets, KnowTheirRules) {
  EXPECT_EQ(target_rule_of("detail"), TargetRule::detail);
  EXPECT_EQ(target_rule_of("source"), TargetRule::source);
  EXPECT_THROW(target_rule_of("median"), std::invalid_argument);
}

TEST_F(Targets, AMaskTakesAwayWhatCannotBeDone) {
  std::vector<float> up(6, 0.7f), down(6, -0.7f);
  mask_scores(entries_, up.data());
  mask_scores(entries_, down.data());
  expect_same(up, {0.7f, 0.7f, 0.7f, 0.7f, 0, kNone});
  expect_same(down, {0, -0.7f, -0.7f, 0, -0.7f, kNone});
}

TEST(ContextBatches, AreSplitByTheirCountsAndChecked) {
  const std::vector<std::int32_t> levels = {1, 0, 0}, starts = {0, 2, 0}, counts = {2, 1}, cursors = {4, 2};
  BatchArrays arrays{2, counts.data(), cursors.data(), nullptr, nullptr, 2, levels.data(), starts.data(), 3};
  const ContextBatch batch(arrays);
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch[0].count, 2u);
  EXPECT_EQ(batch[1].cursor, 2);
  EXPECT_EQ(batch.first(1), 2u);
  arrays.entries = 2;
  EXPECT_THROW(ContextBatch{arrays}, std::invalid_argument);
  const std::vector<std::int32_t> gap = {0, 3, 0};
  arrays.entries = 3;
  arrays.starts = gap.data();
  try {
    const ContextBatch refused(arrays);
    FAIL() << "nothing was thrown";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("context 0 is no working context: starts[1] is 3"));
  }
}

TEST(TailNodes, AreTheNewestOfLevelTwoAndTheNewestOfLevelOne) {
  using Nodes = std::vector<TailNode>;
  EXPECT_EQ(tail_nodes(4, 4, 6), (Nodes{{1, 0}}));
  EXPECT_EQ(tail_nodes(12, 4, 3), (Nodes{{1, 4}, {1, 8}})) << "one place is the root's";
  EXPECT_EQ(tail_nodes(16, 4, 3), (Nodes{{2, 0}, {1, 8}, {1, 12}}));
  EXPECT_EQ(tail_nodes(40, 4, 2), (Nodes{{2, 16}, {1, 36}})) << "the last that is complete";
  EXPECT_EQ(tail_nodes(40, 4, 1), (Nodes{{2, 16}}));
}

}  // namespace
}  // namespace gistmill::focus
