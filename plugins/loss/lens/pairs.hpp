// All pairs of a context that a lensnet should have in order, without a list of them: after sorting by
// target, those that entry i should be above of stand before it, one behind the other.
#pragma once

#include <cstdint>
#include <vector>

namespace gistmill::lens {

struct PairSettings {
  double margin = 0.1;     // a pair counts where y_i > y_j + margin
  double temperature = 1;  // of the scores
};

// Mean over the pairs of softplus(-(u_i - u_j) / temperature), which is -log of the probability that i is
// above j (Bradley and Terry 1952).
struct PairLoss {
  double value = 0;
  double pairs = 0;  // how many; where none, the value is 0
};

// u, y [count], finite. Adds `weight` times the gradient of the value to gradient [count]. O(pairs) time,
// O(count) memory. Exact: sums in double, each pair's term to 1e-7 of one. Any thread; uses those of ATen.
PairLoss pair_loss(std::int64_t count, const float* u, const float* y, const PairSettings& settings,
                   double weight, double* gradient);
PairLoss pair_loss(std::int64_t count, const double* u, const double* y, const PairSettings& settings,
                   double weight, double* gradient);

}  // namespace gistmill::lens
