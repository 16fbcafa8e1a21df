// Percentile bootstrap over whole clusters: what an aggregate is in samples made of a sample by drawing its
// clusters again, and between which bounds most of them lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "host/figures/figure.hpp"
#include "host/figures/percentile.hpp"
#include "host/figures/statistics.hpp"

namespace gistmill {

class ResampledAggregate {
 public:
  // `values` as statistics.cpp has them: for a count 1 or 0, for a geometric mean logarithms. cluster[i] <
  // clusters is which one values[i] is from. No maximum.
  ResampledAggregate(Aggregate aggregate, std::span<const double> values,
                     std::span<const std::uint32_t> cluster, std::size_t clusters);

  // Of the sample in which each item of cluster c comes weights[c] times.
  double of(std::span<const std::uint32_t> weights) const;

 private:
  Aggregate aggregate_;
  std::vector<double> sums_;                // [cluster]
  std::vector<double> items_;               // [cluster]
  std::optional<Percentile95> percentile_;  // of p95 alone
};

// From the 2.5th to the 97.5th percentile of statistic(weights) over cluster_drawings(clusters). Samples
// where it is NaN are left out.
Bounds bootstrap_interval(std::size_t clusters,
                          const std::function<double(std::span<const std::uint32_t> weights)>& statistic);

}  // namespace gistmill
