// See planned_recipe.hpp.
#include "host/prepare/planned_recipe.hpp"

#include <fmt/format.h>

#include "gistmill/version.h"
#include "host/diagnostic/failure.hpp"
#include "host/identity/plugin_pins.hpp"
#include "host/recipe/fields.hpp"

namespace gistmill {

PlannedRecipe::PlannedRecipe(const std::filesystem::path& path, const std::vector<std::string>& overrides,
                             const std::vector<std::filesystem::path>& plugin_folders, OtherPlugins others)
    : recipe(load_recipe(path, overrides)),
      registry(Registry::search_path(plugin_folders, path.parent_path())) {
  if (const Value* sweep = recipe.resolved.find("sweep")) {
    throw Failure(ExitCode::recipe, place_of(*sweep), "the recipe is a study: its points run, not itself",
                  {fmt::format("gistmill sweep {}", recipe.path.string())});
  }
  // Before a plugin that is another one fails in the plan.
  check_pins(recipe, registry);
  lock_notes = check_lock(recipe, registry, GM_VERSION, others);
  parts = parts_of(recipe, [this](const Recipe& part) { return make_plan(part, registry); });
}

}  // namespace gistmill
