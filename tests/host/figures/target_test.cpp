#include "host/figures/target.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace gistmill {
namespace {

const Target kBelow = {"delta_nll.32", 0.5, std::nullopt, 2.0};
const Target kAbove = {"distance", std::nullopt, 0.5, 0.3};
const Target kBetween = {"attention_entropy", 4.0, 2.0, std::nullopt};

TEST(Target, IsMetByValuesBelowItAndMissedByItself) {
  EXPECT_EQ(verdict_of(kBelow, 0.49), Verdict::met);
  EXPECT_EQ(verdict_of(kBelow, 0.5), Verdict::missed);
}

TEST(Target, IsMetByValuesAboveItWhereHigherIsWanted) {
  EXPECT_EQ(verdict_of(kAbove, 0.51), Verdict::met);
  EXPECT_EQ(verdict_of(kAbove, 0.5), Verdict::missed);
}

TEST(Target, CallsValuesBadBeyondTheirBound) {
  EXPECT_EQ(verdict_of(kBelow, 2.0), Verdict::missed);
  EXPECT_EQ(verdict_of(kBelow, 2.1), Verdict::bad);
  EXPECT_EQ(verdict_of(kAbove, 0.3), Verdict::missed);
  EXPECT_EQ(verdict_of(kAbove, 0.29), Verdict::bad);
}

TEST(Target, OfTwoBoundsIsMetInBetween) {
  EXPECT_EQ(verdict_of(kBetween, 3.0), Verdict::met);
  EXPECT_EQ(verdict_of(kBetween, 1.0), Verdict::missed);
  EXPECT_EQ(verdict_of(kBetween, 5.0), Verdict::missed);
}

TEST(Target, JudgesNothingThatWasNotMeasured) {
  EXPECT_EQ(verdict_of(kBelow, std::numeric_limits<double>::quiet_NaN()), std::nullopt);
}

TEST(Target, IsSaidInWords) {
  EXPECT_EQ(target_text(kBelow), "below 0.5");
  EXPECT_EQ(bad_text(kBelow), "above 2");
  EXPECT_EQ(target_text(kAbove), "above 0.5");
  EXPECT_EQ(bad_text(kAbove), "below 0.3");
  EXPECT_EQ(target_text(kBetween), "2 to 4");
  EXPECT_EQ(bad_text(kBetween), "");
}

TEST(Target, HeldAgainstAVariantNamesIt) {
  EXPECT_EQ(target_text({"nll", 0.1, std::nullopt, 0.2, "full context"}), "below full context + 0.1");
  EXPECT_EQ(bad_text({"nll", 0.1, std::nullopt, 0.2, "full context"}), "above full context + 0.2");
  EXPECT_EQ(target_text({"nll", -0.1, std::nullopt, std::nullopt, "causal"}), "below causal - 0.1");
  EXPECT_EQ(target_text({"rouge", std::nullopt, 0.0, std::nullopt, "causal"}), "above causal");
}

}  // namespace
}  // namespace gistmill
