// [plugins] of a recipe: which build of a plugin it must run with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// Holds the pins of the recipe and of its stages against what the registry offers. Of a plugin that is there
// more than once, the files count that a used component comes from, and the first where none does. Throws
// Failure (ExitCode::plugin) at the pin: no such plugin, another build; ExitCode::failed where a library
// cannot be read.
void check_pins(const Recipe& recipe, const Registry& registry);

// Digests of the plugins behind the components of `recipe` and its stages, by name; those that come with the
// program are left out: every build of it has its own. Throws Failure where a library cannot be read.
std::map<std::string, std::string> pins_of(const Recipe& recipe, const Registry& registry);

}  // namespace gistmill
