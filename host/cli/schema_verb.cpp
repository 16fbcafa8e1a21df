// schema: the JSON Schema of recipes, from the tables of keys and the installed manifests.
#include <nlohmann/json.hpp>

#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/reference/recipe_schema.hpp"

namespace gistmill {

ExitCode run_schema(const Command& command) {
  const Registry registry(Registry::search_path(command.plugin_folders()));
  print_answer(recipe_schema(registry).dump(2) + "\n");
  return ExitCode::ok;
}

}  // namespace gistmill
