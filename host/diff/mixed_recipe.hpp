// A recipe with some keys of another one: what lies between two recipes.
#pragma once

#include <string>
#include <vector>

#include "host/recipe/recipe.hpp"

namespace gistmill {

// TOML of `base` with the values that `other` has at `keys`, spelled as KeyDifference::key; a key that
// `other` does not set is taken out. Whether the mixture is a recipe, reading it tells. Throws Failure
// (ExitCode::recipe) where a key lies in a stage that only one of the two has, or is how often stages run.
std::string mixed_text(const Recipe& base, const Recipe& other, const std::vector<std::string>& keys);

}  // namespace gistmill
