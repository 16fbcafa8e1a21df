#include "host/sweep/contrast.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "host/figures/student_bound.hpp"

namespace gistmill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double mean_of(const std::vector<double>& values) {
  if (values.empty()) return kNan;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::map<std::string, std::vector<double>> by_seed(const std::vector<Repeated>& values) {
  std::map<std::string, std::vector<double>> seeds;
  for (const Repeated& value : values) seeds[value.seed].push_back(value.value);
  return seeds;
}

std::optional<Estimate> on_items(const std::vector<PointPair>& pairs, Aggregate aggregate) {
  std::vector<ItemPair> items;
  for (const PointPair& pair : pairs) {
    if (pair.first->kept == nullptr || pair.second->kept == nullptr) return std::nullopt;
    items.push_back({items_of(pair.first->headline, *pair.first->kept),
                     items_of(pair.second->headline, *pair.second->kept)});
  }
  return mean_paired_change(items, aggregate);
}

}  // namespace

Interval interval_of(const std::vector<double>& values) {
  Interval interval{mean_of(values), kNan, std::ssize(values)};
  if (values.size() < 2) return interval;
  double squares = 0;
  for (const double value : values) squares += (value - interval.mean) * (value - interval.mean);
  const auto freedom = static_cast<double>(values.size() - 1);
  interval.half_width = student_bound(std::ssize(values) - 1) *
                        std::sqrt(squares / freedom / static_cast<double>(values.size()));
  return interval;
}

Interval interval_over_seeds(const std::vector<Repeated>& values) {
  const auto seeds = by_seed(values);
  std::vector<double> means;
  if (seeds.size() < 2) {
    for (const Repeated& value : values) means.push_back(value.value);
  } else {
    for (const auto& [seed, of_seed] : seeds) means.push_back(mean_of(of_seed));
  }
  return interval_of(means);
}

Contrast contrast_of(const std::vector<PointPair>& pairs, Aggregate aggregate) {
  Contrast contrast;
  std::vector<Repeated> differences;
  for (const PointPair& pair : pairs)
    differences.push_back({pair.second->value - pair.first->value, pair.seed});
  contrast.difference = interval_over_seeds(differences);
  contrast.over_seeds = by_seed(differences).size() > 1;
  contrast.pairs = std::ssize(pairs);
  if (!pairs.empty()) contrast.on_items = on_items(pairs, aggregate);
  return contrast;
}

}  // namespace gistmill
