// Sums over some of a span's targets, and the ranges that options name them by.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gistmill::delta_nll {

// Row-major f32 rows of one span, H numbers each.
struct Targets {
  const float* replaced;  // NLL in nats, with what stands for the span
  const float* original;  // with the span itself
  const float* mask;      // 0: the target does not exist
};

// The mean of NLL(replaced) - NLL(original) over the targets i of [first, last) that exist and for which
// `counts(i)`; NaN without any.
template <class Counts>
float mean_difference(const Targets& targets, std::int64_t first, std::int64_t last, Counts&& counts) {
  double sum = 0;
  std::int64_t existing = 0;
  for (std::int64_t i = first; i < last; ++i) {
    if (targets.mask[i] == 0 || !counts(i)) continue;
    sum += static_cast<double>(targets.replaced[i]) - static_cast<double>(targets.original[i]);
    ++existing;
  }
  return static_cast<float>(sum / static_cast<double>(existing));  // 0 / 0 is NaN
}

// Both ends as written; `to` is infinite where it is left out.
struct Range {
  double from = 0;
  double to = 0;
};

// "1-4", "5-32", "3-": each from a number to one that is not less. Throws Error (user) naming option `key`.
std::vector<Range> ranges_of(const std::vector<std::string>& texts, const char* key);

}  // namespace gistmill::delta_nll
