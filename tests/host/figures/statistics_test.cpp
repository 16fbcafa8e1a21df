// Means, paired differences and recovered shares against numbers worked out by hand and against brute force.
#include "host/figures/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
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
  std::vector<int> documents;
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
  const std::vector<int> documents = {4, 3, 2, 1};
  const Estimate mean = clustered_mean(values, documents);
  EXPECT_DOUBLE_EQ(mean.value, 3.0);
  // s^2 = (4 + 1 + 0 + 9) / 3, divided by n = 4.
  EXPECT_DOUBLE_EQ(mean.standard_error, std::sqrt(14.0 / 3.0 / 4.0));
  EXPECT_EQ(mean.items, 4);
  EXPECT_EQ(mean.documents, 4);
}

TEST(ClusteredMean, AddsTheResidualsOfADocumentBeforeSquaring) {
  const std::vector<double> values = {1.0, 3.0, 5.0, 5.0, 6.0};
  const std::vector<int> documents = {7, 7, 9, 9, 9};
  const Estimate mean = clustered_mean(values, documents);
  EXPECT_DOUBLE_EQ(mean.value, 4.0);
  // Residuals -3 -1 | 1 1 2: sums -4 and 4; 2/1 * (16 + 16) = 64, its root 8, over n = 5.
  EXPECT_DOUBLE_EQ(mean.standard_error, 8.0 / 5.0);
  EXPECT_EQ(mean.documents, 2);
}

TEST(ClusteredMean, IsMoreCautiousThanIndependentItemsWhereDocumentsDiffer) {
  const Sample sample = random_sample();
  std::vector<int> alone(sample.first.size());
  for (std::size_t i = 0; i < alone.size(); ++i) alone[i] = static_cast<int>(i);
  EXPECT_GT(clustered_mean(sample.first, sample.documents).standard_error,
            1.3 * clustered_mean(sample.first, alone).standard_error);
}

TEST(ClusteredMean, DoesNotDependOnTheOrderOfItems) {
  const std::vector<double> values = {5.0, 1.0, 6.0, 3.0, 5.0};
  const std::vector<int> documents = {9, 7, 9, 7, 9};
  EXPECT_DOUBLE_EQ(clustered_mean(values, documents).standard_error, 8.0 / 5.0);
}

TEST(ClusteredMean, LeavesOutItemsWithoutAValue) {
  const std::vector<double> values = {1.0, kNan, 3.0, kNan};
  const std::vector<int> documents = {1, 1, 2, 3};
  const Estimate mean = clustered_mean(values, documents);
  EXPECT_DOUBLE_EQ(mean.value, 2.0);
  EXPECT_EQ(mean.items, 2);
  EXPECT_EQ(mean.documents, 2);
}

TEST(ClusteredMean, HasNoErrorFromOneDocument) {
  const std::vector<double> values = {1.0, 3.0};
  const std::vector<int> documents = {1, 1};
  const Estimate mean = clustered_mean(values, documents);
  EXPECT_DOUBLE_EQ(mean.value, 2.0);
  EXPECT_TRUE(std::isnan(mean.standard_error));
}

TEST(ClusteredMean, OfNothingIsNotANumber) {
  const Estimate mean = clustered_mean({}, {});
  EXPECT_TRUE(std::isnan(mean.value));
  EXPECT_TRUE(std::isnan(mean.standard_error));
  EXPECT_EQ(mean.items, 0);
}

TEST(ClusteredMean, CoversTheTruthInNineteenOfTwentySamples) {
  std::mt19937 generator(5);
  std::normal_distribution<double> normal(0.0, 1.0);
  int covered = 0;
  constexpr int kSamples = 2000;
  for (int sample = 0; sample < kSamples; ++sample) {
    std::vector<double> values;
    std::vector<int> documents;
    for (int document = 0; document < 60; ++document) {
      const double shared = normal(generator);
      for (int item = 0; item < 5; ++item) {
        values.push_back(shared + 0.5 * normal(generator));
        documents.push_back(document);
      }
    }
    const Estimate mean = clustered_mean(values, documents);
    covered += std::abs(mean.value) < 1.96 * mean.standard_error ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(covered) / kSamples, 0.95, 0.02);
}

TEST(PairedDifference, IsTheMeanOfTheDifferences) {
  const std::vector<double> values = {1.0, 2.0, 3.0};
  const std::vector<double> baseline = {2.0, 2.0, 7.0};
  const std::vector<int> documents = {1, 2, 3};
  const Estimate difference = paired_difference(values, baseline, documents);
  EXPECT_DOUBLE_EQ(difference.value, -5.0 / 3.0);
  // Differences -1 0 -4, residuals 2/3 5/3 -7/3: s^2 = (4 + 25 + 49) / 9 / 2, over n = 3.
  EXPECT_DOUBLE_EQ(difference.standard_error, std::sqrt(78.0 / 9.0 / 2.0 / 3.0));
}

TEST(PairedDifference, IsSurerThanTwoMeansWhereItemsVaryTogether) {
  const Sample sample = random_sample();
  const Estimate difference = paired_difference(sample.first, sample.second, sample.documents);
  const double apart = std::hypot(clustered_mean(sample.first, sample.documents).standard_error,
                                  clustered_mean(sample.second, sample.documents).standard_error);
  EXPECT_LT(difference.standard_error, 0.7 * apart);
}

TEST(PairedDifference, LeavesOutItemsThatLackEitherValue) {
  const std::vector<double> values = {1.0, kNan, 3.0, 9.0};
  const std::vector<double> baseline = {0.0, 5.0, 1.0, kNan};
  const std::vector<int> documents = {1, 2, 3, 4};
  const Estimate difference = paired_difference(values, baseline, documents);
  EXPECT_DOUBLE_EQ(difference.value, 1.5);
  EXPECT_EQ(difference.items, 2);
}

TEST(RecoveredShare, IsOneMinusTheRatioOfMeans) {
  const std::vector<double> values = {1.0, 2.0};
  const std::vector<double> reference = {4.0, 4.0};
  const std::vector<int> documents = {1, 2};
  const Estimate share = recovered_share(values, reference, documents);
  EXPECT_DOUBLE_EQ(share.value, 1.0 - 1.5 / 4.0);
  // With a constant reference it is a mean of values / 4: s^2 = 0.5, over n = 2.
  EXPECT_DOUBLE_EQ(share.standard_error, std::sqrt(0.5 / 2.0) / 4.0);
}

TEST(RecoveredShare, OfTheReferenceItselfIsExactlyNothing) {
  const std::vector<double> reference = {4.0, 3.0, 8.0};
  const std::vector<int> documents = {1, 2, 2};
  const Estimate share = recovered_share(reference, reference, documents);
  EXPECT_DOUBLE_EQ(share.value, 0.0);
  EXPECT_DOUBLE_EQ(share.standard_error, 0.0);
}

// Leaving out one document at a time needs no formula of the error: a check of the delta method by brute
// force.
TEST(RecoveredShare, AgreesWithTheJackknifeOverDocuments) {
  const Sample sample = random_sample();
  const Estimate share = recovered_share(sample.first, sample.second, sample.documents);
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

TEST(RecoveredShare, OfNothingLostIsNotANumber) {
  const std::vector<double> values = {1.0, 2.0};
  const std::vector<double> reference = {0.0, 0.0};
  const std::vector<int> documents = {1, 2};
  EXPECT_TRUE(std::isnan(recovered_share(values, reference, documents).value));
}

// Bounds of Student's t, two-sided 5 %: R's qt(0.975, df).
TEST(Distinguishable, AsksForMoreStandardErrorsOfFewerDocuments) {
  const std::vector<std::pair<std::int64_t, double>> bounds = {
      {2, 12.706}, {3, 4.303}, {10, 2.262}, {12, 2.201}, {21, 2.086}, {64, 1.998}, {1001, 1.962}};
  for (const auto& [documents, bound] : bounds) {
    EXPECT_TRUE(distinguishable_from_zero({-0.1 * (bound + 0.005), 0.1, 500, documents})) << documents;
    EXPECT_FALSE(distinguishable_from_zero({0.1 * (bound - 0.005), 0.1, 500, documents})) << documents;
  }
}

TEST(Distinguishable, IsNothingThatIsNotKnown) {
  EXPECT_FALSE(distinguishable_from_zero({1.0, kNan, 500, 1}));
  EXPECT_FALSE(distinguishable_from_zero({kNan, 0.1, 0, 0}));
  EXPECT_FALSE(distinguishable_from_zero({1.0, 0.1, 500, 1}));
}

}  // namespace
}  // namespace gistmill
