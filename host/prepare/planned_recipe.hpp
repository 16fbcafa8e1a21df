// A recipe with its stages, planned against the plugins that are there, and held against its lock.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/identity/plugin_lock.hpp"
#include "host/plan/parts.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

struct PlannedRecipe {
  // Loads the recipe, reads manifests, checks the recipe's [lock], if it has one, and plans every part.
  // Throws Failure, also where the recipe is a study; with `others` refuse, where plugins are not those of
  // the lock.
  PlannedRecipe(const std::filesystem::path& path, const std::vector<std::string>& overrides,
                const std::vector<std::filesystem::path>& plugin_folders, OtherPlugins others);

  Recipe recipe;
  Registry registry;
  std::vector<Part> parts;              // what runs in turn
  std::vector<std::string> lock_notes;  // what check_lock would have told, not said yet
};

}  // namespace gistmill
