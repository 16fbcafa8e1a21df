#include "host/run/time_budget.hpp"

#include <algorithm>
#include <cmath>

namespace gistmill {
namespace {

// Left for what a few steps do not show: checkpoints, evaluations while training, a machine that grows warm.
constexpr double kMargin = 0.05;

}  // namespace

TimeBudget::TimeBudget(double minutes, std::int64_t steps)
    : minutes_(minutes), recipe_steps_(steps), steps_(steps) {}

bool TimeBudget::add(std::int64_t step, double seconds, double spent) {
  if (minutes_ <= 0 || decided_ > 0) return false;
  if (++seen_ > 1) measured_seconds_ += seconds;
  if (seen_ < kMeasured) return false;
  seconds_a_step_ = measured_seconds_ / static_cast<double>(seen_ - 1);
  const double left = std::max(0.0, 60 * minutes_ * (1 - kMargin) - spent);
  const double fit = std::floor(left / std::max(seconds_a_step_, 1e-9));
  const double more = std::min(fit, static_cast<double>(recipe_steps_));  // before it becomes an integer
  decide(std::min(recipe_steps_, step + static_cast<std::int64_t>(more)));
  return true;
}

void TimeBudget::restore(std::int64_t decided_steps) {
  if (decided_steps > 0) decide(std::min(decided_steps, recipe_steps_));
}

void TimeBudget::decide(std::int64_t steps) {
  decided_ = steps;
  steps_ = steps;
}

}  // namespace gistmill
