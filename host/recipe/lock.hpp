// recipe.lock.toml: the resolved recipe with the digests of the plugins that ran it, for running it again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/recipe/recipe.hpp"

namespace gistmill {

// TOML that load_recipe reads to the same recipe: one layer, variables filled in (and left out), the recipes
// of stages within it. The table [lock] records the rest: Recipe::lock.
std::string lock_text(const Recipe& recipe, const std::vector<LockedPlugin>& plugins,
                      std::string_view host_version);

// The same without [lock]: what the recipe says, wherever its layers say it.
std::string resolved_text(const Recipe& recipe);

// The table [lock]. Throws Failure (ExitCode::recipe) where it is none that lock_text wrote.
RecipeLock read_lock(const Value& table);

}  // namespace gistmill
