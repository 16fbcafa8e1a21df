// Sizes of one pipeline before it runs: which ports' symbols are one size, and what fixes it.
#pragma once

#include <cstdint>
#include <vector>

#include "host/plan/plan.hpp"

namespace gistmill {

// Checks every wire's types, makes one PlannedSymbol of all symbols that must be equal, takes the sizes that
// options and port types fix, and writes every port's type in those symbols. Throws Failure
// (ExitCode::recipe): types that do not fit, one size fixed twice.
void plan_types(PlannedPipeline& pipeline, const std::vector<PlannedInstance>& instances);

// The size that an option fixes: its value, or the length of a list or text. Manifests let no option of
// another type fix one.
std::int64_t size_by_option(const OptionValue& value);

}  // namespace gistmill
