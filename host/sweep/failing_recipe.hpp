// The shortest recipe that fails as a point did: its own without what has no part in the failure. Nothing is
// run here, so only what cannot change training is taken out.
#pragma once

#include <filesystem>
#include <string>

#include "host/registry/registry.hpp"

namespace gistmill {

// Text of the recipe at `point`, without
//   keys that say what they are by default
//   where training itself failed: evaluations at its end, and pipelines and components that only these use
// `trained`: training had ended. `message`: of the failure; what it names stays. The number of steps stays
// too: the learning rate of each depends on it, and the failure ends the run. Throws Failure where the recipe
// is none.
std::string shortest_failing_recipe(const std::filesystem::path& point, const Registry& registry,
                                    bool trained, const std::string& message);

}  // namespace gistmill
