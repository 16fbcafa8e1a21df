// [[stage]]: recipes that run as parts of another one. See schema.hpp.
#pragma once

#include <functional>

#include "host/recipe/recipe.hpp"

namespace gistmill {

// Fills in Recipe::stages and stage_groups. Throws Failure (ExitCode::recipe).
void read_stages(const Value::List& list, Recipe& recipe);

// The layer that a stage takes from the resolved recipe around it: what its `share` names. Throws Failure
// (ExitCode::recipe) where the recipe has no such key.
Value shared_layer(const Stage& stage, const Value& around);

// The stages as the list that read_stages() reads, each with the recipe that `tree_of` gives for it in the
// place of its file, and with nothing that reading has used up.
Value::List written_stages(const Recipe& recipe, const std::function<Value(const Stage&)>& tree_of);

}  // namespace gistmill
