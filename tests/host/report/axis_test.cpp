// Ticks are round and their labels differ; curves keep their outline.
#include "host/report/axis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gistmill {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Pointwise;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> out;
  for (const double tick : axis.ticks) out.push_back(axis.label(tick));
  return out;
}

std::vector<Point> series(const std::vector<double>& values) {
  std::vector<Point> out;
  for (std::size_t i = 0; i < values.size(); ++i) out.push_back({static_cast<double>(i), values[i]});
  return out;
}

std::vector<double> heights(const std::vector<Point>& points) {
  std::vector<double> out;
  for (const Point& point : points) out.push_back(point.y);
  return out;
}

TEST(Axis, PutsTicksAtRoundNumbers) {
  EXPECT_THAT(labels(make_axis(0.0, 0.57, 6, true)),
              ElementsAre("0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"));
  EXPECT_THAT(labels(make_axis(1.0, 600.0, 6, false)), ElementsAre("100", "200", "300", "400", "500", "600"));
  EXPECT_THAT(labels(make_axis(0.0, 1.0, 4, true)), ElementsAre("0.00", "0.25", "0.50", "0.75", "1.00"));
}

TEST(Axis, WritesSmallAndLargeNumbersWithAnExponent) {
  EXPECT_THAT(labels(make_axis(0.0, 7e-4, 4, false)), ElementsAre("0", "2e-4", "4e-4", "6e-4"));
  EXPECT_THAT(labels(make_axis(0.0, 3e6, 3, true)), ElementsAre("0", "1e6", "2e6", "3e6"));
}

TEST(Axis, ReachesBelowZero) {
  EXPECT_THAT(labels(make_axis(-0.12, 0.31, 5, true)),
              ElementsAre("-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3", "0.4"));
}

TEST(Axis, KeepsItsBoundsUnlessAskedForWholeTicks) {
  const Axis axis = make_axis(0.13, 0.58, 5, false);
  EXPECT_DOUBLE_EQ(axis.low, 0.13);
  EXPECT_DOUBLE_EQ(axis.high, 0.58);
  EXPECT_DOUBLE_EQ(axis.position(0.13), 0.0);
  EXPECT_DOUBLE_EQ(axis.position(0.58), 1.0);
}

TEST(Axis, OfOneValueOrNoneStillHasALength) {
  for (const Axis& axis :
       {make_axis(3.0, 3.0, 5, false), make_axis(0.0, 0.0, 5, true), make_axis(kNan, 1.0, 5, false),
        make_axis(kNan, kNan, 5, false), make_axis(-2.0, -2.0, 5, false)}) {
    EXPECT_LT(axis.low, axis.high);
    EXPECT_FALSE(axis.ticks.empty());
    EXPECT_LT(axis.ticks.size(), 20U);
  }
}

// Any range gives a handful of ticks inside the scale, with labels that differ.
TEST(Axis, IsUsableForAnyRange) {
  for (double size = 1e-12; size < 1e13; size *= 3.7) {
    for (const double low : {0.0, -size, 0.37 * size, 20.0 * size}) {
      const Axis axis = make_axis(low, low + size, 5, false);
      ASSERT_GE(axis.ticks.size(), 2U) << low << " " << size;
      ASSERT_LE(axis.ticks.size(), 8U) << low << " " << size;
      for (std::size_t i = 1; i < axis.ticks.size(); ++i) {
        ASSERT_NE(axis.label(axis.ticks[i - 1]), axis.label(axis.ticks[i])) << low << " " << size;
      }
      ASSERT_GE(axis.position(axis.ticks.front()), -1e-9);
      ASSERT_LE(axis.position(axis.ticks.back()), 1.0 + 1e-9);
    }
  }
}

TEST(Smoothed, IsTheCenteredMean) {
  EXPECT_THAT(heights(smoothed(series({1, 2, 6, 4, 5}), 1)),
              Pointwise(DoubleNear(1e-12), {1.0, 3.0, 4.0, 5.0, 4.5}));
}

TEST(Smoothed, KeepsASteepBeginning) {
  EXPECT_THAT(heights(smoothed(series({9, 8, 7, 6, 5, 4, 3, 2}), 2)), ElementsAre(9, 8, 7, 6, 5, 4, 3.5, 3));
}

TEST(Smoothed, PassesOverWhatIsNotFinite) {
  const auto out = heights(smoothed(series({1, kNan, 3, kNan, kNan, kNan}), 1));
  EXPECT_DOUBLE_EQ(out[1], 2.0);
  EXPECT_DOUBLE_EQ(out[2], 3.0);
  EXPECT_TRUE(std::isnan(out[4]));
}

TEST(Thinned, KeepsShortCurves) { EXPECT_EQ(thinned(series({1, 2, 3}), 5).size(), 3U); }

TEST(Thinned, KeepsEverySpikeOfALongCurve) {
  std::vector<double> values(10000, 1.0);
  values[3333] = 9.0;
  values[7001] = -4.0;
  const auto out = thinned(series(values), 100);
  EXPECT_LE(out.size(), 200U);
  EXPECT_THAT(heights(out), testing::Contains(9.0));
  EXPECT_THAT(heights(out), testing::Contains(-4.0));
  for (std::size_t i = 1; i < out.size(); ++i) EXPECT_LT(out[i - 1].x, out[i].x);
}

TEST(Quantile, CountsFiniteValuesOnly) {
  EXPECT_DOUBLE_EQ(quantile(series({5, 1, kNan, 3, 2, 4}), 0.5), 3.0);
  EXPECT_DOUBLE_EQ(quantile(series({5, 1, kNan, 3, 2, 4}), 1.0), 5.0);
  EXPECT_TRUE(std::isnan(quantile(series({kNan}), 0.5)));
}

}  // namespace
}  // namespace gistmill
