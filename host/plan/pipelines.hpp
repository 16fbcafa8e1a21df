// A pipeline of the recipe, and the variants of an evaluation, planned as a whole.
#pragma once

#include "host/plan/plan.hpp"
#include "host/plan/wiring.hpp"

namespace gistmill {

// Wires, types and classifies. Throws Failure (ExitCode::recipe).
PlannedPipeline plan_pipeline(const PipelineRecipe& recipe, const std::vector<PlannedInstance>& instances);

// Every variant of `evaluation`, and which calls they share. Throws Failure (ExitCode::recipe): a variant
// that replaces what the pipeline does not call, or by something that does not fit in its place.
PlannedEvaluation plan_evaluation(const Evaluation& evaluation, const Recipe& recipe,
                                  const std::vector<PlannedInstance>& instances);

}  // namespace gistmill
