// One way for every figure: its value is a function of the aggregates of one to three spans, and its error
// follows from how that function changes with each (mean, sum, count) or from resampling (p95).
#include "host/figures/statistics.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <vector>

#include "host/figures/bootstrap.hpp"
#include "host/figures/percentile.hpp"
#include "host/figures/student_bound.hpp"

namespace gistmill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Items that have a value in all spans; for a geometric mean, its logarithm. cluster[i] < clusters.
struct Pairs {
  std::vector<double> first;
  std::vector<double> second;
  std::vector<double> third;  // empty where there are two spans
  std::vector<std::uint32_t> cluster;
  std::size_t clusters = 0;
};

Pairs complete_pairs(Aggregate aggregate, std::span<const double> first, std::span<const double> second,
                     std::span<const std::int64_t> clusters, std::span<const double> third = {}) {
  assert(first.size() == second.size() && first.size() == clusters.size());
  assert(third.empty() || third.size() == first.size());
  const bool counts = aggregate == Aggregate::count;
  const bool logarithms = aggregate == Aggregate::geometric_mean;
  const auto number = [=](double value) {
    if (counts) return std::isnan(value) ? 0.0 : 1.0;
    return logarithms ? std::log(value) : value;
  };
  Pairs pairs;
  std::map<std::int64_t, std::uint32_t> numbers;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const bool lacks =
        std::isnan(first[i]) || std::isnan(second[i]) || (!third.empty() && std::isnan(third[i]));
    if (!counts && lacks) continue;
    pairs.first.push_back(number(first[i]));
    pairs.second.push_back(number(second[i]));
    if (!third.empty()) pairs.third.push_back(number(third[i]));
    const auto next = static_cast<std::uint32_t>(numbers.size());
    pairs.cluster.push_back(numbers.try_emplace(clusters[i], next).first->second);
  }
  pairs.clusters = numbers.size();
  return pairs;
}

// A function of the aggregates of the spans, and its derivatives by each; the third is NaN where there are
// two.
struct Combined {
  double value;
  double by_first;
  double by_second;
  double by_third = 0.0;
};
using Combination = std::function<Combined(double first, double second, double third)>;

Combined only_first(double first, double, double) { return {first, 1.0, 0.0}; }

Combined difference(double first, double second, double) { return {first - second, 1.0, -1.0}; }

// Where the first lies between the second, 0, and the third, 1.
Combined share_between(double first, double second, double third) {
  const double base = second == third ? kNan : second - third;
  const double ratio = (first - third) / base;
  return {1.0 - ratio, -1.0 / base, ratio / base, (1.0 - ratio) / base};
}

Combination share_of(double ideal) {
  return [ideal](double first, double second, double) {
    Combined share = share_between(first, second, ideal);
    share.by_third = 0.0;
    return share;
  };
}

double sum_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum;
}

double aggregate_over(Aggregate aggregate, const std::vector<double>& values) {
  switch (aggregate) {
    case Aggregate::mean:
      return values.empty() ? kNan : sum_of(values) / static_cast<double>(values.size());
    case Aggregate::geometric_mean:  // the logarithms' mean, in units of the figure
      return std::exp(aggregate_over(Aggregate::mean, values));
    case Aggregate::max:
      return values.empty() ? kNan : *std::ranges::max_element(values);
    default:
      return sum_of(values);
  }
}

// Of the sum of `contributions`, or of their mean: of the part of each cluster that is not what all expect.
double clustered_error(Aggregate aggregate, const std::vector<double>& contributions, const Pairs& pairs) {
  if (pairs.clusters < 2) return kNan;
  const bool mean = aggregate == Aggregate::mean || aggregate == Aggregate::geometric_mean;
  const auto items = static_cast<double>(contributions.size());
  const auto clusters = static_cast<double>(pairs.clusters);
  const double expected = sum_of(contributions) / (mean ? items : clusters);  // of an item, or a cluster
  std::vector<double> sums(pairs.clusters, mean ? 0.0 : -expected);
  for (std::size_t i = 0; i < contributions.size(); ++i) {
    sums[pairs.cluster[i]] += contributions[i] - (mean ? expected : 0.0);
  }
  double squares = 0.0;
  for (const double sum : sums) squares += sum * sum;
  return std::sqrt(clusters / (clusters - 1.0) * squares) / (mean ? items : 1.0);
}

double deviation(const std::vector<double>& values) {
  const double mean = sum_of(values) / static_cast<double>(values.size());
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

void estimate_percentile(const Pairs& pairs, const Combination& combine, Estimate& estimate) {
  const Percentile95 first(pairs.first, pairs.cluster);
  const Percentile95 second(pairs.second, pairs.cluster);
  const std::vector<std::uint32_t> once(pairs.clusters, 1);
  const std::optional<Percentile95> third =
      pairs.third.empty() ? std::nullopt
                          : std::optional<Percentile95>(std::in_place, pairs.third, pairs.cluster);
  const auto of = [&](const std::vector<std::uint32_t>& weights) {
    return combine(first.of(weights), second.of(weights), third ? third->of(weights) : kNan).value;
  };
  estimate.value = of(once);
  estimate.standard_error = kNan;
  if (estimate.clusters < kLeastClustersOfPercentile) return;
  std::vector<double> drawn;
  for (const auto& weights : cluster_drawings(pairs.clusters)) {
    drawn.push_back(of(weights));
  }
  estimate.standard_error = deviation(drawn);
}

// The interval of what `combine` makes of the aggregates of both spans; none where there is too little for
// one.
std::optional<Bounds> bootstrap_bounds(Aggregate aggregate, const Pairs& pairs, const Combination& combine) {
  if (aggregate == Aggregate::max || std::ssize(pairs.first) == 0 ||
      static_cast<std::int64_t>(pairs.clusters) < kLeastClustersOfBootstrap)
    return std::nullopt;
  const ResampledAggregate first(aggregate, pairs.first, pairs.cluster, pairs.clusters);
  const ResampledAggregate second(aggregate, pairs.second, pairs.cluster, pairs.clusters);
  const std::optional<ResampledAggregate> third =
      pairs.third.empty() ? std::nullopt
                          : std::optional<ResampledAggregate>(std::in_place, aggregate, pairs.third,
                                                              pairs.cluster, pairs.clusters);
  return bootstrap_interval(pairs.clusters, [&](std::span<const std::uint32_t> weights) {
    return combine(first.of(weights), second.of(weights), third ? third->of(weights) : kNan).value;
  });
}

Estimate estimate_of(Aggregate aggregate, const Pairs& pairs, const Combination& combine) {
  Estimate estimate;
  estimate.items = std::ssize(pairs.first);
  estimate.clusters = static_cast<std::int64_t>(pairs.clusters);
  if (aggregate == Aggregate::p95) {
    estimate_percentile(pairs, combine, estimate);
    return estimate;
  }
  const double first = aggregate_over(aggregate, pairs.first);
  const double second = aggregate_over(aggregate, pairs.second);
  const double third = pairs.third.empty() ? kNan : aggregate_over(aggregate, pairs.third);
  Combined combined = combine(first, second, third);
  if (aggregate == Aggregate::geometric_mean) {  // d exp(m) = exp(m) dm: by the means of the logarithms
    combined.by_first *= first;
    combined.by_second *= second;
    combined.by_third *= third;
  }
  estimate.value = combined.value;
  estimate.standard_error = kNan;
  if (aggregate == Aggregate::max) return estimate;
  std::vector<double> contributions;
  contributions.reserve(pairs.first.size());
  for (std::size_t i = 0; i < pairs.first.size(); ++i) {
    const double by_third = pairs.third.empty() ? 0.0 : combined.by_third * pairs.third[i];
    contributions.push_back(combined.by_first * pairs.first[i] + combined.by_second * pairs.second[i] +
                            by_third);
  }
  estimate.standard_error = clustered_error(aggregate, contributions, pairs);
  return estimate;
}

Estimate with_interval(Aggregate aggregate, const Pairs& pairs, const Combination& combine,
                       IntervalKind kind) {
  Estimate estimate = estimate_of(aggregate, pairs, combine);
  if (kind == IntervalKind::bootstrap) estimate.interval = bootstrap_bounds(aggregate, pairs, combine);
  return estimate;
}

}  // namespace

const char* to_text(IntervalKind kind) { return kind == IntervalKind::student ? "student" : "bootstrap"; }

std::optional<IntervalKind> interval_kind_of(std::string_view text) {
  for (const IntervalKind kind : {IntervalKind::student, IntervalKind::bootstrap}) {
    if (text == to_text(kind)) return kind;
  }
  return std::nullopt;
}

const std::vector<std::string>& interval_kind_names() {
  static const std::vector<std::string> names = {"student", "bootstrap"};
  return names;
}

bool distinguishable_from_zero(const Estimate& estimate) {
  if (!std::isfinite(estimate.value) || !std::isfinite(estimate.standard_error)) return false;
  if (estimate.interval) return estimate.interval->low > 0.0 || estimate.interval->high < 0.0;
  return std::abs(estimate.value) > student_bound(estimate.clusters - 1) * estimate.standard_error;
}

Estimate estimate(Aggregate aggregate, std::span<const double> values, std::span<const std::int64_t> clusters,
                  IntervalKind interval) {
  return with_interval(aggregate, complete_pairs(aggregate, values, values, clusters), only_first, interval);
}

Estimate paired_difference(Aggregate aggregate, std::span<const double> values,
                           std::span<const double> baseline, std::span<const std::int64_t> clusters,
                           IntervalKind interval) {
  return with_interval(aggregate, complete_pairs(aggregate, values, baseline, clusters), difference,
                       interval);
}

Estimate recovered_share(Aggregate aggregate, std::span<const double> values,
                         std::span<const double> reference, std::span<const std::int64_t> clusters,
                         double ideal, IntervalKind interval) {
  return with_interval(aggregate, complete_pairs(aggregate, values, reference, clusters), share_of(ideal),
                       interval);
}

Estimate recovered_share(Aggregate aggregate, std::span<const double> values,
                         std::span<const double> reference, std::span<const double> ceiling,
                         std::span<const std::int64_t> clusters, IntervalKind interval) {
  return with_interval(aggregate, complete_pairs(aggregate, values, reference, clusters, ceiling),
                       share_between, interval);
}

}  // namespace gistmill
