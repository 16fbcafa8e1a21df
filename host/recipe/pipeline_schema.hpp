// [pipelines.NAME]: its calls, what is inserted between them, what is repeated, minimized, trained and
// cached. Whether instances, operations and slots exist is the plan's to say.
#pragma once

#include <string>

#include "host/recipe/recipe.hpp"

namespace gistmill {

// Throws Failure (ExitCode::recipe) at the first thing that does not belong.
PipelineRecipe read_pipeline(const std::string& name, const Value& value);

}  // namespace gistmill
