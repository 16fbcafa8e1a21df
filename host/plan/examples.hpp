// What an evaluation keeps of single items as text: whether the recipe's names for it are there.
#pragma once

#include <vector>

#include "host/plan/plan.hpp"

namespace gistmill {

// Throws Failure (ExitCode::recipe) where a slot is not written, has another type, or nothing needs it; where
// the decoder is no component, or does not decode. Nothing to check where the evaluation has no examples.
void check_examples(const Evaluation& evaluation, const PlannedPipeline& pipeline,
                    const std::vector<PlannedInstance>& instances);

}  // namespace gistmill
