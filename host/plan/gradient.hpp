// Which calls of a pipeline run, and which of them a gradient passes, from what it minimizes and trains.
#pragma once

#include <string>
#include <vector>

#include "host/plan/plan.hpp"

namespace gistmill {

// Resolves `recipe`'s minimize and train into `pipeline`, whose calls are wired, and sets every call's kind
// and need. Throws Failure (ExitCode::recipe): minimize is no scalar that takes a gradient, a trained
// instance has no parameters, is not called, or no gradient reaches it (with the place where the path
// breaks).
void plan_gradient(PlannedPipeline& pipeline, const PipelineRecipe& recipe,
                   const std::vector<PlannedInstance>& instances);

// "loss + 0.1 apart", without parts of weight 0.
std::string minimize_text(const PlannedPipeline& pipeline);

// Sets the kinds of a pipeline that is only measured: skipped or forward, no gradient.
void plan_forward(PlannedPipeline& pipeline);

}  // namespace gistmill
