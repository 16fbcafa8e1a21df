// Figures, paired differences and recovered shares against numbers worked out by hand and brute force.
#include "host/figures/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

namespace gistmill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Values with an effect of their document, so that clustering matters. 40 documents of 4 to 11 items.
struct Sample {
  std::vector<double> first;
  std::vector<double> second;
  std::vector<std::int64_t> documents;
};

Sample random_sample() {
  std::mt19937 generator(11);
  std::normal_distribution<double> normal(0.0, 1.0);
  Sample sample;
  for (int document = 0; document < 40; ++document) {
    const double shared = normal(generator);
    for (int item = 0; item < 4 + document % 8; ++item) {
      const double second = 2.0 + 0.4 * shared + 0.3 * normal(generator);
      sample.first.push_back(0.5 * second + 0.2 * shared + 0.2 * normal(generator));
      sample.second.push_back(second);
      sample.documents.push_back(document * 3);
    }
  }
  return sample;
}

double ratio_of_means(const Sample& sample, int without) {
  double first = 0.0;
  double second = 0.0;
  for (std::size_t i = 0; i < sample.first.size(); ++i) {
    if (sample.documents[i] == without) continue;
    first += sample.first[i];
    second += sample.second[i];
  }
  return first / second;
}

TEST(ClusteredMean, IsTheOrdinaryStandardErrorWhereEachDocumentHasOneItem) {
  const std::vector<double> values = {1.0, 2.0, 3.0, 6.0};
  const std::vector<std::int64_t> documents = {4, 3, 2, 1};
  const Estimate mean = estimate(Aggregate::mean, values, documents);
  EXPECT_DOUBLE_EQ(mean.value, 3.0);
  // s^2 = (4 + 1 + 0 + 9) / 3, divided by n = 4.
  EXPECT_DOUBLE_EQ(mean.standard_error, std::sqrt(14.0 / 3.0 / 4.0));
  EXPECT_EQ(mean.items, 4);
  EXPECT_EQ(mean.clusters, 4);
}

TEST(ClusteredMean, AddsTheResidualsOfADocumentBeforeSquaring) {
  const std::vector<double> values = {1.0, 3.0, 5.0, 5.0, 6.0};
  const std::vector<std::int64_t> documents = {7, 7, 9, 9, 9};
  const Estimate mean = estimate(Aggregate::mean, values, documents);
  EXPECT_DOUBLE_EQ(mean.value, 4.0);
  // Residuals -3 -1 | 1 1 2: sums -4 and 4; 2/1 * (16 + 16) = 64, its root 8, over n = 5.
  EXPECT_DOUBLE_EQ(mean.standard_error, 8.0 / 5.0);
  EXPECT_EQ(mean.clusters, 2);
}

TEST(ClusteredMean, IsMoreCautiousThanIndependentItemsWhereDocumentsDiffer) {
  const Sample sample = random_sample();
  std::vector<std::int64_t> alone(sample.first.size());
  for (std::size_t i = 0; i < alone.size(); ++i) alone[i] = std::ssize(alone) - static_cast<std::int64_t>(i);
  EXPECT_GT(estimate(Aggregate::mean, sample.first, sample.documents).standard_error,
            1.3 * estimate(Aggregate::mean, sample.first, alone).standard_error);
}

TEST(GeometricMean, OfRatiosIsTheExponentialOfTheirMeanLogarithm) {
  const std::vector<double> ratios = {1.0, 4.0, 2.0, 8.0};
  const Estimate found = estimate(Aggregate::geometric_mean, ratios, std::vector<std::int64_t>{1, 2, 3, 4});
  EXPECT_NEAR(found.value, std::pow(64.0, 0.25), 1e-12);
  std::vector<double> logarithms;
  for (const double ratio : ratios) logarithms.push_back(std::log(ratio));
  const Estimate mean = estimate(Aggregate::mean, logarithms, std::vector<std::int64_t>{1, 2, 3, 4});
  EXPECT_NEAR(found.standard_error, found.value * mean.standard_error, 1e-12);
}

TEST(GeometricMean, OfEqualNumbersHasNoErrorAndNoDifferenceFromItself) {
  const std::vector<double> ratios = {1.5, 1.5, 1.5};
  const std::vector<std::int64_t> documents = {1, 2, 3};
  EXPECT_NEAR(estimate(Aggregate::geometric_mean, ratios, documents).standard_error, 0.0, 1e-12);
  const Estimate difference = paired_difference(Aggregate::geometric_mean, ratios, ratios, documents);
  EXPECT_NEAR(difference.value, 0.0, 1e-12);
}

TEST(GeometricMean, HasARecoveredShareFromItsIdeal) {
  const std::vector<double> better = {1.2, 1.2, 1.2};
  const std::vector<double> worse = {1.8, 1.8, 1.8};
  const Estimate share =
      recovered_share(Aggregate::geometric_mean, better, worse, std::vector<std::int64_t>{1, 2, 3}, 1.0);
  EXPECT_NEAR(share.value, 0.75, 1e-12);
}

TEST(GeometricMean, IsNotKnownOfNothing) {
  EXPECT_TRUE(std::isnan(estimate(Aggregate::geometric_mean, {}, {}).value));
}

TEST(ClusteredMean, DoesNotDependOnTheOrderOfItems) {
  const std::vector<double> values = {5.0, 1.0, 6.0, 3.0, 5.0};
  const std::vector<std::int64_t> documents = {9, 7, 9, 7, 9};
  EXPECT_DOUBLE_EQ(estimate(Aggregate::mean, values, documents).standard_error, 8.0 / 5.0);
}

TEST(ClusteredMean, LeavesOutItemsWithoutAValue) {
  const std::vector<double> values = {1.0, kNan, 3.0, kNan};
  const std::vector<std::int64_t> documents = {1, 1, 2, 3};
  const Estimate mean = estimate(Aggregate::mean, values, documents);
  EXPECT_DOUBLE_EQ(mean.value, 2.0);
  EXPECT_EQ(mean.items, 2);
  EXPECT_EQ(mean.clusters, 2);
}

TEST(ClusteredMean, HasNoErrorFromOneDocument) {
  const std::vector<double> values = {1.0, 3.0};
  const std::vector<std::int64_t> documents = {1, 1};
  const Estimate mean = estimate(Aggregate::mean, values, documents);
  EXPECT_DOUBLE_EQ(mean.value, 2.0);
  EXPECT_TRUE(std::isnan(mean.standard_error));
}

TEST(ClusteredMean, IsNotANumberWithoutItems) {
  const Estimate mean = estimate(Aggregate::mean, {}, {});
  EXPECT_TRUE(std::isnan(mean.value));
  EXPECT_TRUE(std::isnan(mean.standard_error));
  EXPECT_EQ(mean.items, 0);
}

// How often the 95 % interval holds `truth`, over 2,000 samples of 60 documents that `add_items` fills.
double coverage(Aggregate aggregate, double truth,
                const std::function<void(std::int64_t document, std::vector<double>&,
                                         std::vector<std::int64_t>&)>& add_items) {
  constexpr int kSamples = 2000;
  int covered = 0;
  for (int sample = 0; sample < kSamples; ++sample) {
    std::vector<double> values;
    std::vector<std::int64_t> documents;
    for (std::int64_t document = 0; document < 60; ++document) {
      add_items(document, values, documents);
    }
    const Estimate found = estimate(aggregate, values, documents);
    covered += std::abs(found.value - truth) < 1.96 * found.standard_error ? 1 : 0;
  }
  return static_cast<double>(covered) / kSamples;
}

TEST(ClusteredMean, CoversTheTruthInNineteenOfTwentySamples) {
  std::mt19937 generator(5);
  std::normal_distribution<double> normal(0.0, 1.0);
  const auto five_items = [&](auto document, auto& values, auto& documents) {
    const double shared = normal(generator);
    for (int item = 0; item < 5; ++item) values.push_back(shared + 0.5 * normal(generator));
    documents.insert(documents.end(), 5, document);
  };
  EXPECT_NEAR(coverage(Aggregate::mean, 0.0, five_items), 0.95, 0.02);
}

TEST(PairedDifference, IsTheMeanOfTheDifferences) {
  const std::vector<double> values = {1.0, 2.0, 3.0};
  const std::vector<double> baseline = {2.0, 2.0, 7.0};
  const std::vector<std::int64_t> documents = {1, 2, 3};
  const Estimate difference = paired_difference(Aggregate::mean, values, baseline, documents);
  EXPECT_DOUBLE_EQ(difference.value, -5.0 / 3.0);
  // Differences -1 0 -4, residuals 2/3 5/3 -7/3: s^2 = (4 + 25 + 49) / 9 / 2, over n = 3.
  EXPECT_DOUBLE_EQ(difference.standard_error, std::sqrt(78.0 / 9.0 / 2.0 / 3.0));
}

TEST(PairedDifference, IsSurerThanTwoMeansWhereItemsVaryTogether) {
  const Sample sample = random_sample();
  const Estimate difference =
      paired_difference(Aggregate::mean, sample.first, sample.second, sample.documents);
  const double apart = std::hypot(estimate(Aggregate::mean, sample.first, sample.documents).standard_error,
                                  estimate(Aggregate::mean, sample.second, sample.documents).standard_error);
  EXPECT_LT(difference.standard_error, 0.7 * apart);
}

TEST(PairedDifference, LeavesOutItemsThatLackEitherValue) {
  const std::vector<double> values = {1.0, kNan, 3.0, 9.0};
  const std::vector<double> baseline = {0.0, 5.0, 1.0, kNan};
  const std::vector<std::int64_t> documents = {1, 2, 3, 4};
  const Estimate difference = paired_difference(Aggregate::mean, values, baseline, documents);
  EXPECT_DOUBLE_EQ(difference.value, 1.5);
  EXPECT_EQ(difference.items, 2);
}

TEST(RecoveredShare, IsOneMinusTheRatioOfMeans) {
  const std::vector<double> values = {1.0, 2.0};
  const std::vector<double> reference = {4.0, 4.0};
  const std::vector<std::int64_t> documents = {1, 2};
  const Estimate share = recovered_share(Aggregate::mean, values, reference, documents);
  EXPECT_DOUBLE_EQ(share.value, 1.0 - 1.5 / 4.0);
  // With a constant reference it is a mean of values / 4: s^2 = 0.5, over n = 2.
  EXPECT_DOUBLE_EQ(share.standard_error, std::sqrt(0.5 / 2.0) / 4.0);
}

TEST(RecoveredShare, OfTheReferenceItselfIsExactlyZero) {
  const std::vector<double> reference = {4.0, 3.0, 8.0};
  const std::vector<std::int64_t> documents = {1, 2, 2};
  const Estimate share = recovered_share(Aggregate::mean, reference, reference, documents);
  EXPECT_DOUBLE_EQ(share.value, 0.0);
  EXPECT_DOUBLE_EQ(share.standard_error, 0.0);
}

// Leaving out one document at a time needs no formula of the error: a check of the delta method by brute
// force.
TEST(RecoveredShare, AgreesWithTheJackknifeOverDocuments) {
  const Sample sample = random_sample();
  const Estimate share = recovered_share(Aggregate::mean, sample.first, sample.second, sample.documents);
  EXPECT_NEAR(share.value, 1.0 - ratio_of_means(sample, -1), 1e-12);
  std::vector<double> leave_one_out;
  double mean = 0.0;
  for (int document = 0; document < 40; ++document) {
    leave_one_out.push_back(ratio_of_means(sample, document * 3));
    mean += leave_one_out.back() / 40.0;
  }
  double squares = 0.0;
  for (const double ratio : leave_one_out) squares += (ratio - mean) * (ratio - mean);
  const double jackknife = std::sqrt(39.0 / 40.0 * squares);
  EXPECT_NEAR(share.standard_error, jackknife, 0.03 * jackknife);
}

TEST(RecoveredShare, LiesBetweenTheReferenceAndACeilingThatVariesToo) {
  const std::vector<double> values = {3.0, 2.0, 4.0}, reference = {4.0, 6.0, 5.0}, ceiling = {1.0, 0.0, 2.0};
  const std::vector<std::int64_t> samples = {1, 2, 3};
  const auto share = [&](const std::vector<double>& of) {
    return recovered_share(Aggregate::mean, of, reference, ceiling, samples);
  };
  EXPECT_DOUBLE_EQ(share(values).value, (15.0 - 9.0) / (15.0 - 3.0));
  EXPECT_DOUBLE_EQ(share(reference).value, 0.0);
  EXPECT_DOUBLE_EQ(share(ceiling).value, 1.0);
  EXPECT_NEAR(share(ceiling).standard_error, 0.0, 1e-12) << "whatever the items are, it is the ceiling";
  EXPECT_TRUE(std::isnan(recovered_share(Aggregate::mean, values, ceiling, ceiling, samples).value));
}

TEST(RecoveredShare, UnderACeilingAgreesWithTheJackknifeToo) {
  const Sample sample = random_sample();
  std::vector<double> ceiling;
  for (std::size_t i = 0; i < sample.first.size(); ++i)
    ceiling.push_back(0.1 * sample.first[i] + 0.05 * static_cast<double>(i % 7));
  // Of all items but those of one document; -1: of all.
  const auto without = [&](std::int64_t document) {
    double first = 0.0, second = 0.0, third = 0.0;
    for (std::size_t i = 0; i < sample.first.size(); ++i) {
      if (sample.documents[i] == document) continue;
      first += sample.first[i];
      second += sample.second[i];
      third += ceiling[i];
    }
    return (second - first) / (second - third);
  };
  const Estimate share =
      recovered_share(Aggregate::mean, sample.first, sample.second, ceiling, sample.documents);
  EXPECT_NEAR(share.value, without(-1), 1e-12);
  double mean = 0.0, squares = 0.0;
  for (int document = 0; document < 40; ++document) mean += without(document * 3) / 40.0;
  for (int document = 0; document < 40; ++document) squares += std::pow(without(document * 3) - mean, 2);
  const double jackknife = std::sqrt(39.0 / 40.0 * squares);
  EXPECT_NEAR(share.standard_error, jackknife, 0.03 * jackknife);
}

TEST(RecoveredShare, IsNotANumberIfTheReferenceLosesNothing) {
  const std::vector<double> values = {1.0, 2.0};
  const std::vector<double> reference = {0.0, 0.0};
  const std::vector<std::int64_t> documents = {1, 2};
  EXPECT_TRUE(std::isnan(recovered_share(Aggregate::mean, values, reference, documents).value));
}

TEST(Sum, IsASum) {
  const std::vector<double> values = {1.0, 2.0, 4.0, kNan};
  const std::vector<std::int64_t> documents = {1, 1, 2, 3};
  const Estimate sum = estimate(Aggregate::sum, values, documents);
  EXPECT_DOUBLE_EQ(sum.value, 7.0);
  // Sums 3 and 4 of two documents, 3.5 expected: 2/1 * (0.25 + 0.25), its root.
  EXPECT_DOUBLE_EQ(sum.standard_error, 1.0);
  EXPECT_EQ(sum.items, 3);
  EXPECT_EQ(sum.clusters, 2);
}

TEST(Sum, VariesWithTheSizeOfDocumentsToo) {
  const std::vector<double> ones = {1.0, 1.0, 1.0, 1.0};
  const std::vector<std::int64_t> documents = {1, 1, 1, 2};
  EXPECT_DOUBLE_EQ(estimate(Aggregate::mean, ones, documents).standard_error, 0.0);
  // Sums 3 and 1 around 2.
  EXPECT_DOUBLE_EQ(estimate(Aggregate::sum, ones, documents).standard_error, 2.0);
}

TEST(Sum, ComparesByTheSumOfDifferences) {
  const std::vector<double> values = {1.0, 2.0, 3.0};
  const std::vector<double> baseline = {2.0, 2.0, 7.0};
  const std::vector<std::int64_t> documents = {1, 2, 3};
  const Estimate difference = paired_difference(Aggregate::sum, values, baseline, documents);
  EXPECT_DOUBLE_EQ(difference.value, -5.0);
  // -1 0 -4 around -5/3: 3/2 * (4 + 25 + 49) / 9, its root.
  EXPECT_DOUBLE_EQ(difference.standard_error, std::sqrt(13.0));
}

TEST(Sum, CoversTheTruthInNineteenOfTwentySamples) {
  std::mt19937 generator(6);
  std::normal_distribution<double> normal(1.0, 1.0);
  const auto one_to_five_items = [&](auto document, auto& values, auto& documents) {  // 3 on average
    const double shared = normal(generator);
    const std::size_t items = 1 + generator() % 5;
    values.insert(values.end(), items, shared);
    documents.insert(documents.end(), items, document);
  };
  EXPECT_NEAR(coverage(Aggregate::sum, 180.0, one_to_five_items), 0.95, 0.02);
}

TEST(Count, IsTheNumberOfItemsThatHaveAValue) {
  const std::vector<double> values = {0.0, kNan, 5.0, kNan, 1.0};
  const std::vector<std::int64_t> documents = {1, 1, 2, 2, 2};
  const Estimate count = estimate(Aggregate::count, values, documents);
  EXPECT_DOUBLE_EQ(count.value, 3.0);
  EXPECT_DOUBLE_EQ(count.standard_error, 1.0);  // 1 and 2 around 1.5
  EXPECT_EQ(count.items, 5);
}

TEST(Count, ComparesItemsOfWhichOnlyOneHasAValue) {
  const std::vector<double> values = {1.0, kNan, kNan, 1.0};
  const std::vector<double> baseline = {kNan, kNan, kNan, 2.0};
  const std::vector<std::int64_t> documents = {1, 2, 3, 4};
  EXPECT_DOUBLE_EQ(paired_difference(Aggregate::count, values, baseline, documents).value, 1.0);
}

TEST(Max, IsTheGreatestValueAndHasNoStandardError) {
  const std::vector<double> values = {1.0, 7.0, kNan, -9.0};
  const std::vector<std::int64_t> documents = {1, 2, 3, 4};
  const Estimate max = estimate(Aggregate::max, values, documents);
  EXPECT_DOUBLE_EQ(max.value, 7.0);
  EXPECT_TRUE(std::isnan(max.standard_error));
  EXPECT_EQ(max.items, 3);
}

TEST(RecoveredShare, IsTheShareOfTheWayFromTheReferenceToTheIdeal) {
  const std::vector<double> values = {0.7, 0.5};  // of 1 at best
  const std::vector<double> reference = {0.2, 0.2};
  const std::vector<std::int64_t> documents = {1, 2};
  const Estimate share = recovered_share(Aggregate::mean, values, reference, documents, 1.0);
  EXPECT_DOUBLE_EQ(share.value, 0.5);
  // With a constant reference it is a mean of (value - 0.2) / 0.8: s^2 = 0.02, over n = 2.
  EXPECT_NEAR(share.standard_error, std::sqrt(0.02 / 2.0) / 0.8, 1e-12);
}

// Bounds of Student's t, two-sided 5 %: R's qt(0.975, df).
TEST(Distinguishable, AsksForMoreStandardErrorsOfFewerDocuments) {
  const std::vector<std::pair<std::int64_t, double>> bounds = {
      {2, 12.7062047},  {3, 4.30265273},  {10, 2.26215716},  {12, 2.20098516},
      {21, 2.08596345}, {64, 1.99834054}, {1001, 1.96233908}};
  for (const auto& [documents, bound] : bounds) {
    EXPECT_TRUE(distinguishable_from_zero({-0.1 * (bound + 1e-6), 0.1, 500, documents})) << documents;
    EXPECT_FALSE(distinguishable_from_zero({0.1 * (bound - 1e-6), 0.1, 500, documents})) << documents;
  }
}

TEST(Distinguishable, IsNoValueThatIsUnknown) {
  EXPECT_FALSE(distinguishable_from_zero({1.0, kNan, 500, 1}));
  EXPECT_FALSE(distinguishable_from_zero({kNan, 0.1, 0, 0}));
  EXPECT_FALSE(distinguishable_from_zero({1.0, 0.1, 500, 1}));
}

}  // namespace
}  // namespace gistmill
