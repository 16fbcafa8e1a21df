// Items are sorted once; a drawing only changes how often each of them counts.
#include "host/figures/percentile.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace gistmill {
namespace {

constexpr double kShare = 0.95;
constexpr std::size_t kDrawings = 1000;  // the error of a standard error is then 2 %
constexpr std::uint64_t kSeed = 95;

}  // namespace

Percentile95::Percentile95(std::span<const double> values, std::span<const std::uint32_t> cluster) {
  for (std::size_t i = 0; i < values.size(); ++i) sorted_.push_back({values[i], cluster[i]});
  std::ranges::sort(sorted_, {}, &Item::value);
}

double Percentile95::of(std::span<const std::uint32_t> weights) const {
  std::uint64_t total = 0;
  for (const Item& item : sorted_) total += weights[item.cluster];
  if (total == 0) return std::numeric_limits<double>::quiet_NaN();
  const double place = kShare * static_cast<double>(total - 1);
  const auto below = static_cast<std::uint64_t>(place);
  double lower = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t passed = 0;  // items up to here, each as often as it counts
  for (const Item& item : sorted_) {
    passed += weights[item.cluster];
    if (std::isnan(lower) && passed > below) lower = item.value;
    if (passed > below + 1) return lower + (place - static_cast<double>(below)) * (item.value - lower);
  }
  return lower;  // the last item: nothing lies above it
}

std::vector<std::vector<std::uint32_t>> cluster_drawings(std::size_t clusters) {
  std::mt19937_64 generator(kSeed);
  std::vector<std::vector<std::uint32_t>> drawings(kDrawings, std::vector<std::uint32_t>(clusters, 0));
  for (auto& drawing : drawings) {
    // The remainder favors small numbers by one part in 2^64 / clusters.
    for (std::size_t i = 0; i < clusters; ++i) ++drawing[generator() % clusters];
  }
  return drawings;
}

}  // namespace gistmill
