// The raw numbers of a run's training as JSON: what `--metrics-path` writes (docs/recipes.md).
#pragma once

#include <string>

#include "host/record/run_record.hpp"

namespace gistmill {

// Stage by stage a list for each number of its steps, and the evaluations on the way. What is not finite is
// null.
std::string metrics_json(const RunRecord& record);

}  // namespace gistmill
