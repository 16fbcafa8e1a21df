#include "host/figures/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gistmill {
namespace {

constexpr double kTail = 0.025;

// Linear between the two nearest of `sorted`, which is ascending and not empty.
double percentile_of(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

ResampledAggregate::ResampledAggregate(Aggregate aggregate, std::span<const double> values,
                                       std::span<const std::uint32_t> cluster, std::size_t clusters)
    : aggregate_(aggregate), sums_(clusters, 0.0), items_(clusters, 0.0) {
  if (aggregate == Aggregate::p95) percentile_.emplace(values, cluster);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums_[cluster[i]] += values[i];
    items_[cluster[i]] += 1.0;
  }
}

double ResampledAggregate::of(std::span<const std::uint32_t> weights) const {
  if (percentile_) return percentile_->of(weights);
  double sum = 0.0;
  double items = 0.0;
  for (std::size_t c = 0; c < weights.size(); ++c) {
    sum += weights[c] * sums_[c];
    items += weights[c] * items_[c];
  }
  if (aggregate_ == Aggregate::mean) return sum / items;
  return aggregate_ == Aggregate::geometric_mean ? std::exp(sum / items) : sum;
}

Bounds bootstrap_interval(std::size_t clusters,
                          const std::function<double(std::span<const std::uint32_t>)>& statistic) {
  std::vector<double> drawn;
  for (const std::vector<std::uint32_t>& weights : cluster_drawings(clusters)) {
    if (const double value = statistic(weights); !std::isnan(value)) drawn.push_back(value);
  }
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (drawn.empty()) return {kNan, kNan};
  std::ranges::sort(drawn);
  return {percentile_of(drawn, kTail), percentile_of(drawn, 1.0 - kTail)};
}

}  // namespace gistmill
