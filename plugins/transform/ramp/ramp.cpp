#include "plugins/transform/ramp/ramp.hpp"

#include <algorithm>

namespace gistmill::ramp {

Ramp::Ramp(const Options& options)
    : from_(options.number("from")),
      to_(options.number("to")),
      begin_(options.integer("begin")),
      steps_(options.integer("steps")) {}

Tensor Ramp::next(const Call& call) const {
  return Tensor::of<float>({static_cast<float>(at(call.step()))}, {});
}

double Ramp::at(std::uint64_t step) const {
  const double done = (static_cast<double>(step) - static_cast<double>(begin_)) / static_cast<double>(steps_);
  const double share = std::clamp(done, 0.0, 1.0);
  return from_ * (1 - share) + to_ * share;
}

}  // namespace gistmill::ramp
