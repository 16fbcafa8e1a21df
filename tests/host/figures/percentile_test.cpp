// The 95th percentile and its error, against numpy's and R's default and the theory of independent items.
#include "host/figures/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace gistmill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> up_to(int last) {
  std::vector<double> values;
  for (int value = 1; value <= last; ++value) values.push_back(value);
  return values;
}

std::vector<std::int64_t> each_its_own(std::size_t items) {
  std::vector<std::int64_t> clusters(items);
  for (std::size_t i = 0; i < items; ++i) clusters[i] = static_cast<std::int64_t>(i);
  return clusters;
}

// Hyndman and Fan's type 7: what numpy.percentile and R's quantile answer by default.
TEST(Percentile, LiesBetweenTheTwoNearestItems) {
  EXPECT_NEAR(estimate(Aggregate::p95, up_to(100), each_its_own(100)).value, 95.05, 1e-12);
  EXPECT_NEAR(estimate(Aggregate::p95, up_to(21), each_its_own(21)).value, 20.0, 1e-12);
  EXPECT_NEAR(estimate(Aggregate::p95, up_to(2), each_its_own(2)).value, 1.95, 1e-12);
  EXPECT_NEAR(estimate(Aggregate::p95, up_to(1), each_its_own(1)).value, 1.0, 1e-12);
  EXPECT_TRUE(std::isnan(estimate(Aggregate::p95, {}, {}).value));
}

TEST(Percentile, LeavesOutItemsWithoutAValueAndNeedsNoOrder) {
  const std::vector<double> values = {3.0, kNan, 1.0, 2.0};
  EXPECT_NEAR(estimate(Aggregate::p95, values, each_its_own(4)).value, 2.9, 1e-12);
}

// The error of a quantile of independent items is known: sqrt(p (1 - p) / n) / density. Of 2000 uniform ones
// between 0 and 1: 0.00487.
TEST(Percentile, HasTheErrorThatTheoryGivesIndependentItems) {
  std::mt19937_64 generator(3);
  std::vector<double> values;
  for (int i = 0; i < 2000; ++i) values.push_back(static_cast<double>(generator() >> 11) * 0x1p-53);
  EXPECT_NEAR(estimate(Aggregate::p95, values, each_its_own(2000)).standard_error, 0.00487, 0.0012);
}

// As 100 independent items: sqrt(0.95 * 0.05 / 100) = 0.0218, when 1600 would have 0.0054.
TEST(Percentile, IsLessSureWhereItemsOfADocumentAreTheSame) {
  std::mt19937_64 generator(4);
  std::vector<double> values;
  std::vector<std::int64_t> documents;
  for (int document = 0; document < 100; ++document) {
    const double shared = static_cast<double>(generator() >> 11) * 0x1p-53;
    for (int item = 0; item < 16; ++item) {
      values.push_back(shared);
      documents.push_back(document);
    }
  }
  EXPECT_NEAR(estimate(Aggregate::p95, values, documents).standard_error, 0.0218, 0.006);
}

TEST(Percentile, IsTheSameEveryTime) {
  const auto once = estimate(Aggregate::p95, up_to(100), each_its_own(100));
  const auto again = estimate(Aggregate::p95, up_to(100), each_its_own(100));
  EXPECT_GT(once.standard_error, 0.0);
  EXPECT_EQ(once.standard_error, again.standard_error);
}

TEST(Percentile, HasNoErrorFromFewDocuments) {
  EXPECT_TRUE(std::isnan(estimate(Aggregate::p95, up_to(19), each_its_own(19)).standard_error));
  EXPECT_FALSE(std::isnan(estimate(Aggregate::p95, up_to(20), each_its_own(20)).standard_error));
}

TEST(Percentile, ComparesTheSameDrawings) {
  const std::vector<double> values = up_to(100);
  std::vector<double> more;
  for (const double value : values) more.push_back(value + 2.0);
  const Estimate difference = paired_difference(Aggregate::p95, more, values, each_its_own(100));
  EXPECT_NEAR(difference.value, 2.0, 1e-12);
  EXPECT_NEAR(difference.standard_error, 0.0, 1e-12);
}

}  // namespace
}  // namespace gistmill
