// What another run was, whose checkpoint this one starts from: told in the messages of this run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/recipe/recipe.hpp"

namespace gistmill {

// The components of `recipe` that the run which left this checkpoint had under the same name and of another
// kind: "loss is loss/distillation, and was loss/cross-entropy there". Empty where the checkpoint has no run
// around it whose recipe can be read.
std::vector<std::string> changed_components(const std::filesystem::path& checkpoint, const Recipe& recipe);

}  // namespace gistmill
