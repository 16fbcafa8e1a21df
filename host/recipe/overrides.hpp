// Overrides of the command line, "components.gist.width=256", as layers on top of the recipe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/recipe/value.hpp"

namespace gistmill {

// What origins of overridden values start with: "--set run.steps=3".
inline constexpr const char* kOverridePrefix = "--set ";

// Each override is a dotted key, '=', and a TOML value; what is no TOML value is taken as a string, so that
// gistnet/mean and data/a.gguf need no quotes. Of two for one key the later counts.
// The layers are to be merged in their order: the first one holds `pipelines.p.minimize=loss`, which replaces
// all parts of the layers below, the second the rest, `pipelines.p.minimize.apart=0.1` too. So the two go
// together whichever stands first.
// Throws Failure (ExitCode::usage).
std::vector<Value> override_layers(const std::vector<std::string>& overrides);

// The same as one table, where no recipe lies below.
Value parse_overrides(const std::vector<std::string>& overrides);

// "a.'b c'" -> a, b c. Throws Failure (`code`) at `origin` where the key is malformed.
std::vector<std::string> parse_key(std::string_view key, const Origin& origin, ExitCode code);

}  // namespace gistmill
