// Reads options.<key> of a component's manifest.
#pragma once

#include <string>

#include "host/recipe/value.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {

// `path`: "components.\"loss/kl\".options". Throws Failure (ExitCode::plugin): unknown key or type, a default
// of another type, out of range or not among the choices.
OptionSpec read_option(const std::string& key, const Value& value, const std::string& path);

}  // namespace gistmill
