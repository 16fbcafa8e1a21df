// [lock] of a recipe.lock.toml: which plugins a recipe ran with, and whether they are there when it runs
// again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

// The plugins behind the components of `recipes`, each component once, in the order of their names.
// Components that no plugin offers are left out. Throws Failure where a library cannot be read.
std::vector<LockedPlugin> locked_plugins(const std::vector<const Recipe*>& recipes, const Registry& registry);

enum class OtherPlugins { refuse, say };

// Holds the [lock] of the recipe, which covers its stages too, and those that stages have of their own,
// against what the registry offers now. Only components that are used count: an override may have put another
// one in the place of a locked one. The result is what to tell the user, a line each: what differs where
// `others` is say, and that another version of the program (this one: `version`) wrote the lock, which alone
// is no reason to refuse. Throws Failure (ExitCode::plugin) where plugins differ and `others` is refuse.
std::vector<std::string> check_lock(const Recipe& recipe, const Registry& registry, std::string_view version,
                                    OtherPlugins others);

}  // namespace gistmill
