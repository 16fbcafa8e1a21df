// The inner loop over the pairs of one entry, built for several instruction sets. Private to pairs.cpp.
#pragma once

#include <cstdint>

namespace gistmill::lens {

// Entry i, with r = exp(-u_i / T), against `count` entries with e = exp(u_j / T). A pair's t = e r, and
//   softplus(-(u_i - u_j) / T) = log(1 + t)          its slope in u_j: p = t / (1 + t)
// Logarithms are taken of products of `group` factors in each of 16 lanes, so hardly any are.
template <class T>
struct PairRow {
  double logarithms = 0;  // sum of log(1 + t)
  double slopes = 0;      // sum of p
};

// Adds p to slope[j]. `group` factors stay within what T can hold.
PairRow<float> pair_row(std::int64_t count, const float* e, float r, int group, float* slope);
PairRow<double> pair_row(std::int64_t count, const double* e, double r, int group, double* slope);

}  // namespace gistmill::lens
