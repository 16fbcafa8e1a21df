// Calls that the first steps of a training show to take most of its time, where something can be done.
#pragma once

#include <string>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/run/step/work.hpp"

namespace gistmill {

// Steps of a stage after which its calls are judged.
inline constexpr std::int64_t kJudgedSteps = 50;

// One line each, with what to do: a source of data that takes more than a quarter of the time of all calls,
// and a call that no gradient passes, whose results could be kept on disk, that takes more than half.
// accounts: of each call since the beginning, as PipelineRun::accounts.
std::vector<std::string> slow_calls(const PlannedPipeline& pipeline,
                                    const std::vector<CallAccount>& accounts);

}  // namespace gistmill
