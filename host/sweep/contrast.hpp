// The arithmetic of repeats and pairs, on points whose settings the caller has matched.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/sweep/axis_effects.hpp"

namespace gistmill {

Interval interval_of(const std::vector<double>& values);

// A value, and the repeat that it is of: "0", "1"; empty: the study repeats nothing.
struct Repeated {
  double value = 0;
  std::string seed;
};

// Over seeds, of each the mean of its values; over the values where there are fewer than two seeds.
Interval interval_over_seeds(const std::vector<Repeated>& values);

struct PointPair {
  const MeasuredPoint* first = nullptr;
  const MeasuredPoint* second = nullptr;
  std::string seed;  // of both
};

Contrast contrast_of(const std::vector<PointPair>& pairs, Aggregate aggregate);

}  // namespace gistmill
