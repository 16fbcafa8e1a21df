// Intervals against samples that are written out item by item, and what follows from them.
#include "host/figures/bootstrap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace gistmill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Items of one document share an effect. 30 documents of 1 to 5 items.
struct Sample {
  std::vector<double> values;
  std::vector<double> baseline;
  std::vector<std::int64_t> documents;
};

Sample random_sample(std::int64_t documents = 30) {
  std::mt19937 generator(3);
  std::normal_distribution<double> normal(0.0, 1.0);
  Sample sample;
  for (std::int64_t document = 0; document < documents; ++document) {
    const double shared = normal(generator);
    for (std::int64_t item = 0; item <= document % 5; ++item) {
      sample.values.push_back(std::exp(0.5 * shared + 0.3 * normal(generator)));
      sample.baseline.push_back(std::exp(0.5 * shared + 0.3 * normal(generator)));
      sample.documents.push_back(document * 7);
    }
  }
  return sample;
}

double aggregate_of(Aggregate aggregate, std::vector<double> values) {
  std::ranges::sort(values);
  const auto n = static_cast<double>(values.size());
  double sum = 0.0;
  double logarithms = 0.0;
  for (const double value : values) {
    sum += value;
    logarithms += std::log(value);
  }
  switch (aggregate) {
    case Aggregate::mean:
      return sum / n;
    case Aggregate::geometric_mean:
      return std::exp(logarithms / n);
    case Aggregate::count:
      return n;
    case Aggregate::p95: {
      const double place = 0.95 * (n - 1);
      const auto below = static_cast<std::size_t>(place);
      const std::size_t above = std::min(below + 1, values.size() - 1);
      return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
    }
    default:
      return sum;
  }
}

// Every drawn sample as a list of its items.
Bounds by_written_out_samples(Aggregate aggregate, const Sample& sample) {
  std::vector<double> drawn;
  for (const auto& weights : cluster_drawings(30)) {
    std::vector<double> items;
    for (std::size_t i = 0; i < sample.values.size(); ++i) {
      const auto document = static_cast<std::size_t>(sample.documents[i] / 7);
      items.insert(items.end(), weights[document], sample.values[i]);
    }
    drawn.push_back(aggregate_of(aggregate, items));
  }
  std::ranges::sort(drawn);
  const auto at = [&](double place) {  // numpy.percentile's default
    const auto below = static_cast<std::size_t>(place);
    return drawn[below] + (place - static_cast<double>(below)) * (drawn[below + 1] - drawn[below]);
  };
  return {at(0.025 * 999), at(0.975 * 999)};
}

TEST(Bootstrap, IsThatOfSamplesThatAreWrittenOut) {
  const Sample sample = random_sample();
  for (const Aggregate aggregate :
       {Aggregate::mean, Aggregate::sum, Aggregate::count, Aggregate::geometric_mean, Aggregate::p95}) {
    const Estimate measured = estimate(aggregate, sample.values, sample.documents, IntervalKind::bootstrap);
    const Bounds expected = by_written_out_samples(aggregate, sample);
    ASSERT_TRUE(measured.interval) << to_text(aggregate);
    EXPECT_NEAR(measured.interval->low, expected.low, 1e-10) << to_text(aggregate);
    EXPECT_NEAR(measured.interval->high, expected.high, 1e-10) << to_text(aggregate);
  }
}

TEST(Bootstrap, LeavesValueAndStandardErrorAsTheyAre) {
  const Sample sample = random_sample();
  const Estimate plain = estimate(Aggregate::mean, sample.values, sample.documents);
  const Estimate with = estimate(Aggregate::mean, sample.values, sample.documents, IntervalKind::bootstrap);
  EXPECT_EQ(with.value, plain.value);
  EXPECT_EQ(with.standard_error, plain.standard_error);
  EXPECT_FALSE(plain.interval);
}

TEST(Bootstrap, OfADifferenceDrawsTheSameDocumentsOfBoth) {
  Sample sample = random_sample();
  for (std::size_t i = 0; i < sample.values.size(); ++i) sample.baseline[i] = sample.values[i] - 0.25;
  const Estimate difference = paired_difference(Aggregate::mean, sample.values, sample.baseline,
                                                sample.documents, IntervalKind::bootstrap);
  EXPECT_NEAR(difference.interval->low, 0.25, 1e-12);
  EXPECT_NEAR(difference.interval->high, 0.25, 1e-12);
}

TEST(Bootstrap, HasNoIntervalOfAMaximumOrOfFewDocuments) {
  const Sample sample = random_sample();
  const Sample few = random_sample(kLeastClustersOfBootstrap - 1);
  const Sample enough = random_sample(kLeastClustersOfBootstrap);
  const auto has = [](Aggregate aggregate, const Sample& of) {
    return estimate(aggregate, of.values, of.documents, IntervalKind::bootstrap).interval.has_value();
  };
  EXPECT_FALSE(has(Aggregate::max, sample));
  EXPECT_FALSE(has(Aggregate::mean, few));
  EXPECT_TRUE(has(Aggregate::mean, enough));
}

// In samples of documents that are drawn, the interval has the true mean about 95 times of 100.
TEST(Bootstrap, CoversTheTrueMeanNineteenTimesOfTwenty) {
  std::mt19937 generator(17);
  std::normal_distribution<double> normal(0.0, 1.0);
  int covered = 0;
  constexpr int kRounds = 400;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> values;
    std::vector<std::int64_t> documents;
    for (int document = 0; document < 60; ++document) {
      const double shared = normal(generator);
      for (int item = 0; item < 3; ++item) {
        values.push_back(shared + 0.5 * normal(generator));
        documents.push_back(document);
      }
    }
    const Bounds interval = *estimate(Aggregate::mean, values, documents, IntervalKind::bootstrap).interval;
    if (interval.low <= 0.0 && 0.0 <= interval.high) ++covered;
  }
  EXPECT_NEAR(static_cast<double>(covered) / kRounds, 0.945, 0.03);
}

TEST(Bootstrap, DecidesWhatIsDistinguishable) {
  Estimate estimate{0.3, 0.1, 500, 64};
  EXPECT_TRUE(distinguishable_from_zero(estimate));
  estimate.interval = Bounds{-0.01, 0.5};
  EXPECT_FALSE(distinguishable_from_zero(estimate));
  estimate = {0.15, 0.1, 500, 64, Bounds{0.01, 0.4}};
  EXPECT_TRUE(distinguishable_from_zero(estimate));
  estimate = {-0.15, 0.1, 500, 64, Bounds{-0.4, -0.01}};
  EXPECT_TRUE(distinguishable_from_zero(estimate));
  estimate.interval = Bounds{kNan, kNan};
  EXPECT_FALSE(distinguishable_from_zero(estimate));
}

TEST(IntervalKinds, AreNamedAsRecipesNameThem) {
  for (const std::string& name : interval_kind_names()) EXPECT_EQ(to_text(*interval_kind_of(name)), name);
  EXPECT_FALSE(interval_kind_of("normal"));
}

}  // namespace
}  // namespace gistmill
