#include "host/run/earlier_recipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "host/diagnostic/failure.hpp"
#include "host/run/run_folder.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLevels = 4;  // RUN/checkpoints/STAGE/step-000002/parameters.safetensors

std::optional<Recipe> recipe_of(const fs::path& checkpoint) {
  fs::path folder = fs::absolute(checkpoint).lexically_normal();
  for (int level = 0; level < kMostLevels; ++level) {
    folder = folder.parent_path();
    std::error_code error;
    if (!fs::exists(folder / run_file::kLock, error)) continue;
    try {
      return load_recipe(folder / run_file::kLock, {});
    } catch (const Failure&) {  // of another version: it says nothing
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> changed_components(const fs::path& checkpoint, const Recipe& recipe) {
  std::vector<std::string> changed;
  const std::optional<Recipe> earlier = recipe_of(checkpoint);
  if (!earlier) return changed;
  for (const ComponentUse& now : recipe.components) {
    const auto before = std::ranges::find_if(
        earlier->components, [&](const ComponentUse& component) { return component.name == now.name; });
    if (before == earlier->components.end() || now.use.empty() || before->use.empty() ||
        before->use == now.use)
      continue;
    changed.push_back(fmt::format("{} is {}, and was {} there", now.name, now.use, before->use));
  }
  return changed;
}

}  // namespace gistmill
