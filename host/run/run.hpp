// The verbs that compute: a recipe with or without stages, from an empty run folder to its report.
#pragma once

#include <string>

#include "host/run/library.hpp"

namespace gistmill {

// Each throws Failure. See docs/recipes.md for what a run folder holds.
RunOutcome run_recipe(const RunRequest& request);
RunOutcome evaluate_recipe(const RunRequest& request);
// Prepares, then shows samples of what each part trains on.
RunOutcome peek_recipe(const RunRequest& request);
RunOutcome plan_recipe(const RunRequest& request);
// What a run trained, written by the component itself as files of a format of its own; the run's lock says
// what it is.
RunOutcome export_run(const RunRequest& request);
// Texts into a store, by the compressor that a run trained.
RunOutcome compress_run(const RunRequest& request);

}  // namespace gistmill
