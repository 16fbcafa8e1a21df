// The learning rate of each step. Nothing else.
#pragma once

#include <cstdint>

#include "host/recipe/recipe.hpp"

namespace gistmill {

// `step` counts from 1 to `steps`: linear from 0 over the warm-up (step w has the peak), then a cosine from
// the peak to the floor at the last step. Source: S2.10.
double learning_rate_at(const LearningRate& schedule, std::int64_t step, std::int64_t steps);

}  // namespace gistmill
