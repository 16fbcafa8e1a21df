// Linear warm-up and cosine; see schedule.hpp.
#include "host/run/schedule.hpp"

#include <algorithm>
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

LearningRate fitted(const LearningRate& schedule, std::int64_t steps, std::int64_t recipe_steps) {
  LearningRate fewer = schedule;
  if (steps >= recipe_steps) return fewer;
  const double share = static_cast<double>(steps) / static_cast<double>(recipe_steps);
  const double warmup = std::ceil(share * static_cast<double>(schedule.warmup));
  fewer.warmup = std::min(schedule.warmup, static_cast<std::int64_t>(warmup));
  return fewer;
}

double StepRates::of(std::string_view instance) const {
  for (const auto& [name, rate] : own) {
    if (name == instance) return rate;
  }
  return general;
}

void StepRates::scale(double factor) {
  general *= factor;
  for (auto& [name, rate] : own) rate *= factor;
}

StepRates step_rates(const Recipe& recipe, std::int64_t step, std::int64_t steps) {
  const auto rate = [&](const LearningRate& schedule) {
    return learning_rate_at(fitted(schedule, steps, recipe.run.steps), step, steps);
  };
  StepRates rates{rate(recipe.learning_rate), {}};
  for (const auto& [instance, schedule] : recipe.instance_rates)
    rates.own.emplace_back(instance, rate(schedule));
  return rates;
}

}  // namespace gistmill
