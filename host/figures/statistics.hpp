// Figures of all items from those of single ones, with standard errors, and comparisons on the same items.
// Items of one cluster (spans of one document) share what they are made of, so they are not independent:
// every error here lets the items of a cluster vary together. Not for tables or text: that is evaluation.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "host/figures/figure.hpp"

namespace gistmill {

// How the 95 % interval of an estimate is made.
enum class IntervalKind {
  student,    // symmetric: Student's t times the standard error
  bootstrap,  // percentiles of 1000 resamplings of whole clusters
};
const char* to_text(IntervalKind kind);  // as recipes write it
std::optional<IntervalKind> interval_kind_of(std::string_view text);
const std::vector<std::string>& interval_kind_names();

struct Bounds {
  double low = 0.0;
  double high = 0.0;
};

// A value with its uncertainty. With no item the mean, p95 and max are NaN, sum and count are 0. With fewer
// than two clusters `standard_error` is NaN, since one cluster says nothing about how clusters differ.
struct Estimate {
  double value = 0.0;
  double standard_error = 0.0;
  std::int64_t items = 0;     // that had a value; of a count: all
  std::int64_t clusters = 0;  // that these are from
  // Of IntervalKind::bootstrap, from which 0 is then told; none: Student's.
  std::optional<Bounds> interval = {};
};

// Whether the value differs from 0 by more than chance at the 5 % level: by Student's t with clusters - 1
// degrees of freedom, since an error from few clusters is itself uncertain (2 clusters: 12.7 standard
// errors, 10: 2.3, many: 2.0); where the estimate has an interval of its own, by whether 0 lies outside.
// False where value or error is not finite.
bool distinguishable_from_zero(const Estimate& estimate);

// The least number of clusters from which a percentile has a standard error: below it the percentile lies
// between the two greatest clusters, and no resampling tells how those vary.
inline constexpr std::int64_t kLeastClustersOfPercentile = 20;
// And from which there is a bootstrap interval: of fewer it would be too narrow.
inline constexpr std::int64_t kLeastClustersOfBootstrap = 20;

// In all functions values[i] belongs to cluster clusters[i]; spans are of equal length. An item whose value
// is NaN in any of the spans has no value and is left out; for a count it counts as 0 instead.
//
// Standard errors, with G clusters and n items:
// - mean: G / (G - 1) * sum over clusters of (sum of the cluster's residuals)^2 / n^2, its root; s^2 / n
//   where each cluster has one item. Source: Cameron and Miller, A Practitioner's Guide to Cluster-Robust
//   Inference, 2015, eq. 10 and 11.
// - geometric mean: that of the mean logarithm, times the value.
// - sum, count: G / (G - 1) * sum over clusters of (the cluster's sum - their mean)^2, its root: how much the
//   total of another G clusters would differ, their sizes included.
// - p95: the standard deviation over 1000 resamplings of whole clusters, always the same ones; NaN with fewer
//   than kLeastClustersOfPercentile.
// - max: NaN. No resampling tells how much a maximum varies.
// Bootstrap intervals (Efron 1979, the percentile method) reach from the 2.5th to the 97.5th percentile of
// what is estimated in 1000 samples of as many clusters, drawn with replacement by a fixed seed, so that the
// same items always give the same interval. A maximum has none. Differences and shares of means, geometric
// means and sums use the delta method, those of p95 the same resamplings.

// The figure. p95 is linear between the two items that are nearest to place 0.95 (n - 1) in ascending order,
// counted from 0 (Hyndman and Fan's type 7): of 1, 2, ..., 100 it is 95.05.
Estimate estimate(Aggregate aggregate, std::span<const double> values, std::span<const std::int64_t> clusters,
                  IntervalKind interval = IntervalKind::student);

// The figure of `values` less that of `baseline`, on the same items.
Estimate paired_difference(Aggregate aggregate, std::span<const double> values,
                           std::span<const double> baseline, std::span<const std::int64_t> clusters,
                           IntervalKind interval = IntervalKind::student);

// 1 - (figure of values - ideal) / (figure of reference - ideal), on the same items. NaN where the reference
// is ideal.
Estimate recovered_share(Aggregate aggregate, std::span<const double> values,
                         std::span<const double> reference, std::span<const std::int64_t> clusters,
                         double ideal = 0.0, IntervalKind interval = IntervalKind::student);

// The same with the figure of `ceiling`, which varies with the items too, in the place of the ideal. NaN
// where it is the reference's.
Estimate recovered_share(Aggregate aggregate, std::span<const double> values,
                         std::span<const double> reference, std::span<const double> ceiling,
                         std::span<const std::int64_t> clusters,
                         IntervalKind interval = IntervalKind::student);

}  // namespace gistmill
