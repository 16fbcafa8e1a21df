// Identifies a checkpoint by the part of a resolved recipe that decides what training computes. The device,
// timeouts, folders and loggers do not belong to it: a run can continue with others.
#pragma once

#include <string>

#include "host/recipe/recipe.hpp"

namespace gistmill {

// SHA-256 in hexadecimal. Equal for two recipes that differ in nothing but
//   doc, [checkpoints], [cache], pipelines.NAME.cache
//   components.NAME.isolate
//   run.call_seconds, run.device, run.loggers, run.prepared, run.threads
//   components that nothing calls, such as a logger
// in them or in their stages. Threads and device change the rounding, not what is computed.
std::string recipe_identity(const Recipe& recipe);

}  // namespace gistmill
