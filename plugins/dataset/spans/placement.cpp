#include "plugins/dataset/spans/placement.hpp"

#include <algorithm>
#include <string>

#include <gistmill/plugin/values.hpp>
#include <gistmill/random.hpp>

namespace gistmill::dataset {

Starts possible_starts(const SpanShape& shape) {
  Starts starts;
  starts.stride = shape.stride;
  starts.first = (shape.first + shape.stride - 1) / shape.stride * shape.stride;
  const std::int64_t last = shape.document - shape.span - (shape.full_horizon ? shape.horizon : 1);
  starts.count = last < starts.first ? 0 : (last - starts.first) / shape.stride + 1;
  if (starts.count < shape.spans) {
    throw Error(
        GM_ERROR_USER,
        std::to_string(shape.spans) + " spans per window when " + std::to_string(starts.count) +
            " places fit: multiples of " + std::to_string(shape.stride) + " from " +
            std::to_string(starts.first) + " to " + std::to_string(last) +
            " (document - span - horizon); take fewer spans, a smaller stride, first or horizon, or a "
            "longer document",
        "spans");
  }
  return starts;
}

std::vector<std::int32_t> even_starts(const Starts& starts, std::int64_t spans) {
  std::vector<std::int32_t> places;
  for (std::int64_t i = 0; i < spans; ++i) {
    const std::int64_t place = (2 * i + 1) * starts.count / (2 * spans);
    places.push_back(static_cast<std::int32_t>(starts.first + place * starts.stride));
  }
  return places;
}

// Floyd's sampling: K draws whatever the number of places.
std::vector<std::int32_t> random_starts(const Starts& starts, std::int64_t spans, std::uint64_t key) {
  KeyedRandom random(key);
  std::vector<std::int64_t> chosen;  // ascending
  for (std::int64_t top = starts.count - spans; top < starts.count; ++top) {
    const auto draw = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(top) + 1));
    const auto at = std::lower_bound(chosen.begin(), chosen.end(), draw);
    if (at != chosen.end() && *at == draw) {
      chosen.push_back(top);  // larger than all before it
    } else {
      chosen.insert(at, draw);
    }
  }
  std::vector<std::int32_t> places;
  for (const std::int64_t place : chosen)
    places.push_back(static_cast<std::int32_t>(starts.first + place * starts.stride));
  return places;
}

}  // namespace gistmill::dataset
