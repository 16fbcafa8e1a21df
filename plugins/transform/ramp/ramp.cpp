#include "plugins/transform/ramp/ramp.hpp"

#include <algorithm>

namespace gistmill::ramp {

Ramp::Ramp(const Options& options)
    : first_(options.number("first")),
      last_(options.number("last")),
      after_(options.integer("after")),
      steps_(options.integer("steps")) {}

Tensor Ramp::next(const Call& call) const {
  return Tensor::of<float>({static_cast<float>(at(call.step()))}, {});
}

// The host counts steps of a training from 1.
double Ramp::at(std::uint64_t step) const {
  const double done =
      (static_cast<double>(step) - 1 - static_cast<double>(after_)) / static_cast<double>(steps_);
  const double share = std::clamp(done, 0.0, 1.0);
  return first_ * (1 - share) + last_ * share;
}

}  // namespace gistmill::ramp
