// The 95th percentile of a sample, and of samples made of it by drawing whole clusters again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gistmill {

class Percentile95 {
 public:
  // cluster[i] < number of clusters: which one values[i] is from.
  Percentile95(std::span<const double> values, std::span<const std::uint32_t> cluster);

  // Of the sample in which each item of cluster c comes weights[c] times; NaN where that has none.
  double of(std::span<const std::uint32_t> weights) const;

 private:
  struct Item {
    double value;
    std::uint32_t cluster;
  };
  std::vector<Item> sorted_;  // ascending values
};

// How often each of `clusters` clusters is drawn in each of 1000 drawings with replacement. The same for the
// same number of clusters, on every machine.
std::vector<std::vector<std::uint32_t>> cluster_drawings(std::size_t clusters);

}  // namespace gistmill
