// transform/ramp: a number that depends on the step. No state: a resumed run has the same number at a step.
#pragma once

#include <gistmill/plugin.hpp>

#include <cstdint>

namespace gistmill::ramp {

class Ramp {
 public:
  explicit Ramp(const Options& options);

  Tensor next(const Call& call) const;  // f32 []
  double at(std::uint64_t step) const;

 private:
  double first_;
  double last_;
  std::int64_t after_;
  std::int64_t steps_;
};

}  // namespace gistmill::ramp
