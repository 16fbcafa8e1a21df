// The verb prepare: every file that a recipe and its stages need, without LibTorch.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/identity/plugin_lock.hpp"
#include "host/prepare/planned_recipe.hpp"
#include "host/prepare/prepared_corpora.hpp"

namespace gistmill {

struct PreparedAnswer {
  std::string text;      // for people, a line a file
  nlohmann::json files;  // [{"pipeline", "path", "made"}]
};

// Prepares what all parts of the recipe need, but for files that wait for what the run trains, which the text
// names; `corpora` has its registry. Throws Failure; files that were ready before it stand.
PreparedAnswer prepare_parts(const PlannedRecipe& recipe, PreparedCorpora& corpora);

struct PrepareRequest {
  std::filesystem::path recipe;
  std::vector<std::string> overrides;                 // --set
  std::vector<std::filesystem::path> plugin_folders;  // before the search path
  OtherPlugins others = OtherPlugins::refuse;         // than the recipe's lock says
  WhereMissing missing = WhereMissing::make;          // of what is not there, or damaged
  std::function<void(std::string_view)> talk;         // messages to the user
};

// The same from the beginning. Main thread.
PreparedAnswer prepare_recipe(const PrepareRequest& request);

}  // namespace gistmill
