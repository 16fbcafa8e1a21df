// Overrides of the command line, "components.gist.width=256", as one more layer of the recipe.
#pragma once

#include <string>
#include <vector>

#include "host/recipe/value.hpp"

namespace gistmill {

// What origins of overridden values start with: "--set run.steps=3".
inline constexpr const char* kOverridePrefix = "--set ";

// Each override is a dotted key, '=', and a TOML value; what is no TOML value is taken as a string, so that
// gistnet/mean and data/a.gguf need no quotes. Of two for one key the later counts.
// Throws Failure (ExitCode::usage).
Value parse_overrides(const std::vector<std::string>& overrides);

}  // namespace gistmill
