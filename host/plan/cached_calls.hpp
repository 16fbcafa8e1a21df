// Which calls keep their results on disk: what a recipe's `cache` names, checked. Nothing is read or written
// here; that is host/run's.
#pragma once

#include "host/plan/plan.hpp"

namespace gistmill {

// Marks the calls of each pipeline that its recipe names, and the same ones in the variants of evaluations
// where they fit there too. Throws Failure (ExitCode::recipe) at the name: the pipeline has no such call, its
// results are no function of its inputs, a gradient passes through it, or its past trains.
void plan_cache(Plan& plan, const Recipe& recipe);

}  // namespace gistmill
