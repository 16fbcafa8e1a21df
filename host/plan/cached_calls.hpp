// Which calls are cached on disk: checks what a recipe's `cache` names. Nothing is read or written here;
// host/run does that.
#pragma once

#include "host/plan/plan.hpp"

namespace gistmill {

// Marks the calls of each pipeline that its recipe names, and the same ones in the variants of evaluations
// where they fit there too. Throws Failure (ExitCode::recipe) at the name: the pipeline has no such call,
// it is not pure, a gradient flows through it, or it depends on something being trained.
void plan_cache(Plan& plan, const Recipe& recipe);

}  // namespace gistmill
