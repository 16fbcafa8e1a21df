// Cluster-robust standard errors of means. One residual an item, summed within documents.
#include "host/figures/statistics.hpp"

#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

namespace gistmill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double mean_of(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return values.empty() ? kNan : sum / static_cast<double>(values.size());
}

// Items that have a value in both spans.
struct Pairs {
  std::vector<double> first;
  std::vector<double> second;
  std::vector<int> documents;
};

Pairs complete_pairs(std::span<const double> first, std::span<const double> second,
                     std::span<const int> documents) {
  assert(first.size() == second.size() && first.size() == documents.size());
  Pairs pairs;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (std::isnan(first[i]) || std::isnan(second[i])) continue;
    pairs.first.push_back(first[i]);
    pairs.second.push_back(second[i]);
    pairs.documents.push_back(documents[i]);
  }
  return pairs;
}

// `residuals` have mean 0 over the items; the estimate's error is that of their mean.
Estimate with_clustered_error(double value, std::span<const double> residuals,
                              std::span<const int> documents) {
  std::map<int, double> sums;
  for (std::size_t i = 0; i < residuals.size(); ++i) sums[documents[i]] += residuals[i];
  double squares = 0.0;
  for (const auto& [document, sum] : sums) squares += sum * sum;
  const auto items = static_cast<double>(residuals.size());
  const auto clusters = static_cast<double>(sums.size());
  const double error = sums.size() < 2 ? kNan : std::sqrt(clusters / (clusters - 1.0) * squares) / items;
  return {value, error, static_cast<std::int64_t>(residuals.size()), static_cast<std::int64_t>(sums.size())};
}

// Two-sided 5 % bound of Student's t. Exact to three decimals up to 10 degrees of freedom, then the expansion
// around the normal bound (Abramowitz and Stegun, 26.7.5), good to 0.002.
double student_bound(std::int64_t degrees) {
  static constexpr std::array kFew = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228};
  if (degrees < 1) return std::numeric_limits<double>::infinity();
  if (degrees <= static_cast<std::int64_t>(kFew.size()))
    return kFew.at(static_cast<std::size_t>(degrees) - 1);
  constexpr double z = 1.959964;
  const auto n = static_cast<double>(degrees);
  return z + (z * z * z + z) / (4.0 * n) +
         (5.0 * std::pow(z, 5) + 16.0 * std::pow(z, 3) + 3.0 * z) / (96.0 * n * n);
}

}  // namespace

bool distinguishable_from_zero(const Estimate& estimate) {
  if (!std::isfinite(estimate.value) || !std::isfinite(estimate.standard_error)) return false;
  return std::abs(estimate.value) > student_bound(estimate.documents - 1) * estimate.standard_error;
}

Estimate clustered_mean(std::span<const double> values, std::span<const int> documents) {
  const Pairs kept = complete_pairs(values, values, documents);
  const double mean = mean_of(kept.first);
  std::vector<double> residuals;
  residuals.reserve(kept.first.size());
  for (const double value : kept.first) residuals.push_back(value - mean);
  return with_clustered_error(mean, residuals, kept.documents);
}

Estimate paired_difference(std::span<const double> values, std::span<const double> baseline,
                           std::span<const int> documents) {
  const Pairs kept = complete_pairs(values, baseline, documents);
  std::vector<double> differences;
  differences.reserve(kept.first.size());
  for (std::size_t i = 0; i < kept.first.size(); ++i) differences.push_back(kept.first[i] - kept.second[i]);
  return clustered_mean(differences, kept.documents);
}

Estimate recovered_share(std::span<const double> values, std::span<const double> reference,
                         std::span<const int> documents) {
  const Pairs kept = complete_pairs(values, reference, documents);
  const double base = mean_of(kept.second);
  const double ratio = base == 0.0 ? kNan : mean_of(kept.first) / base;
  std::vector<double> residuals;
  residuals.reserve(kept.first.size());
  for (std::size_t i = 0; i < kept.first.size(); ++i) {
    residuals.push_back(-(kept.first[i] - ratio * kept.second[i]) / base);
  }
  return with_clustered_error(1.0 - ratio, residuals, kept.documents);
}

}  // namespace gistmill
