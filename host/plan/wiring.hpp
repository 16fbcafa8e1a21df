// Calls of a pipeline wired by slot names: which earlier output feeds which input. No sizes, no gradients.
#pragma once

#include <map>
#include <vector>

#include "host/plan/plan.hpp"

namespace gistmill {

// Instance in the pipeline -> instance that takes its place (both in Plan::instances).
using Substitutions = std::map<std::size_t, std::size_t>;

// Fills in calls and repeats of `pipeline`: the calls of `recipe` in order, repeated parts unrolled. A reader
// in a repeated part gets the slot of the same iteration where a call before it writes it, else that of the
// iteration before, else that from before the part; a reader after the part gets that of the last iteration.
// A wire of a step that names a port which only the replaced instance has is passed over. Throws Failure
// (ExitCode::recipe): unknown instance, operation or port, a slot that nothing wrote or that is written
// twice.
void wire_calls(PlannedPipeline& pipeline, const PipelineRecipe& recipe,
                const std::vector<PlannedInstance>& instances, const Substitutions& substitutions = {});

// The number of the instance `name`. Throws Failure (ExitCode::recipe) with the nearest name.
std::size_t find_instance(const std::vector<PlannedInstance>& instances, const std::string& name,
                          const Origin& origin);

}  // namespace gistmill
