// Sizes of one pipeline before it runs: which ports' symbols are one size, and what fixes it.
#pragma once

#include <vector>

#include "host/plan/plan.hpp"

namespace gistmill {

// Checks every wire's types, makes one PlannedSymbol of all symbols that must be equal, takes the sizes that
// options and port types fix, and writes every port's type in those symbols. Throws Failure
// (ExitCode::recipe): types that do not fit, one size fixed twice.
void plan_types(PlannedPipeline& pipeline, const std::vector<PlannedInstance>& instances);

}  // namespace gistmill
