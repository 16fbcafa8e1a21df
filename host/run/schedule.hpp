// The learning rates of each step. Nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/recipe/recipe.hpp"

namespace gistmill {

// `step` counts from 1 to `steps`: linear from 0 over the warm-up (step w has the peak), then a cosine from
// the peak to the floor at the last step (Loshchilov and Hutter 2017, SGDR, without restarts).
double learning_rate_at(const LearningRate& schedule, std::int64_t step, std::int64_t steps);

// The schedule where fewer steps are taken than the recipe's: a warm-up that is as large a share of them.
LearningRate fitted(const LearningRate& schedule, std::int64_t steps, std::int64_t recipe_steps);

// Of one step: that of [learning_rate], and those of instances that have one of their own.
struct StepRates {
  double general = 0;
  std::vector<std::pair<std::string, double>> own;

  double of(std::string_view instance) const;
  void scale(double factor);
};

// `step` as in learning_rate_at; `steps` that are taken, at most the recipe's.
StepRates step_rates(const Recipe& recipe, std::int64_t step, std::int64_t steps);

}  // namespace gistmill
