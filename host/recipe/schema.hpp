// The recipe's own schema: which keys there are, of which type and range.
// Options of components are not checked here: manifests know them (host/plan).
#pragma once

#include "host/recipe/recipe.hpp"

namespace gistmill {

// Fills in everything of `recipe` but path and resolved, from recipe.resolved.
// Throws Failure (ExitCode::recipe) at the first thing that does not belong.
void read_schema(Recipe& recipe);

}  // namespace gistmill
