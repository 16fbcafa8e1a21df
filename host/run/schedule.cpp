// Linear warm-up and cosine; see schedule.hpp.
#include "host/run/schedule.hpp"

#include <cmath>
#include <numbers>

namespace gistmill {

double learning_rate_at(const LearningRate& schedule, std::int64_t step, std::int64_t steps) {
  if (step < schedule.warmup) {
    return schedule.peak * static_cast<double>(step) / static_cast<double>(schedule.warmup);
  }
  const auto span = static_cast<double>(steps - schedule.warmup);
  const double progress = span > 0 ? static_cast<double>(step - schedule.warmup) / span : 1.0;
  const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * std::fmin(progress, 1.0)));
  return schedule.floor + (schedule.peak - schedule.floor) * cosine;
}

double StepRates::of(std::string_view instance) const {
  for (const auto& [name, rate] : own) {
    if (name == instance) return rate;
  }
  return general;
}

StepRates step_rates(const Recipe& recipe, std::int64_t step, std::int64_t steps) {
  StepRates rates{learning_rate_at(recipe.learning_rate, step, steps), {}};
  for (const auto& [instance, schedule] : recipe.instance_rates)
    rates.own.emplace_back(instance, learning_rate_at(schedule, step, steps));
  return rates;
}

}  // namespace gistmill
