// validate and version: what recipes and manifests tell, without loading anything.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "gistmill/types.h"
#include "gistmill/version.h"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/identity/plugin_lock.hpp"
#include "host/identity/plugin_pins.hpp"
#include "host/plan/parts.hpp"
#include "host/plan/plan.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

namespace fs = std::filesystem;

std::vector<std::string> check_recipe(const Command& command, const fs::path& path) {
  const Recipe recipe = load_recipe(path, command.overrides());
  const Registry registry(Registry::search_path(command.plugin_folders(), path.parent_path()));
  check_pins(recipe, registry);
  std::vector<std::string> say = check_lock(
      recipe, registry, GM_VERSION, command.has("ignore-lock") ? OtherPlugins::say : OtherPlugins::refuse);
  parts_of(recipe, [&](const Recipe& part) { return make_plan(part, registry); });
  return say;
}

ExitCode run_validate(const Command& command) {
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  for (const std::string& recipe : command.arguments) {
    for (const std::string& line : check_recipe(command, recipe)) print_talk("warning: " + line);
    text += fmt::format("{}: valid\n", recipe);
    json.push_back({{"recipe", recipe}, {"valid", true}});
  }
  print_answer(command.json() ? json.dump(2) + "\n" : text);
  return ExitCode::ok;
}

ExitCode run_version(const Command& command) {
  if (command.json()) {
    print_answer(nlohmann::json({{"version", GM_VERSION},
                                 {"abi", fmt::format("{}.{}", GM_ABI_MAJOR, GM_ABI_MINOR)},
                                 {"torch", GISTMILL_TORCH_VERSION}})
                     .dump(2) +
                 "\n");
  } else {
    print_answer(fmt::format("gistmill {}, plugin ABI {}.{}, LibTorch {}\n", GM_VERSION, GM_ABI_MAJOR,
                             GM_ABI_MINOR, GISTMILL_TORCH_VERSION));
  }
  return ExitCode::ok;
}

}  // namespace gistmill
