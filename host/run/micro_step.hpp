// What one micro-step of a step came to, as numbers that ranks can give each other.
#pragma once

#include <cstdint>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/run/step/work.hpp"

namespace gistmill {

struct MicroStep {
  bool ended = false;          // the data ended before it
  std::vector<double> losses;  // as PlannedPipeline::minimize, without their weights
  std::int64_t items = 0;
  Work work;  // of its calls; no seconds
};

// Whether every part of the loss that counts is finite.
bool is_finite(const MicroStep& micro_step, const std::vector<PlannedLoss>& parts);

// `micro_steps` of one rank, each with `parts` losses, as one list of numbers, and back.
std::vector<double> to_numbers(const std::vector<MicroStep>& micro_steps, std::size_t parts);
std::vector<MicroStep> micro_steps_from(const std::vector<double>& numbers, std::size_t parts);

// Those of all ranks in the order of their numbers: rank r of N has those with the numbers r, r + N, r + 2 N,
// ...
std::vector<MicroStep> in_order(const std::vector<std::vector<MicroStep>>& of_ranks);

}  // namespace gistmill
