// Calls of a pipeline wired by slot names: which earlier output feeds which input. No sizes, no gradients.
#pragma once

#include <map>
#include <vector>

#include "host/plan/plan.hpp"

namespace gistmill {

// Instance in the pipeline -> instance that takes its place (both in Plan::instances).
using Substitutions = std::map<std::size_t, std::size_t>;

// The calls of `recipe`, in order. A wire of a step that names a port which only the replaced instance has is
// passed over. Throws Failure (ExitCode::recipe): unknown instance, operation or port, a slot that nothing
// wrote or that is written twice.
std::vector<PlannedCall> wire_calls(const PipelineRecipe& recipe,
                                    const std::vector<PlannedInstance>& instances,
                                    const Substitutions& substitutions = {});

// The number of the instance `name`. Throws Failure (ExitCode::recipe) with the nearest name.
std::size_t find_instance(const std::vector<PlannedInstance>& instances, const std::string& name,
                          const Origin& origin);

}  // namespace gistmill
