// TOML text -> Value tree with the place of every value and key, tables in the order of the text.
// The only place that knows toml++. Serves recipes and plugin manifests.
#pragma once

#include <string>
#include <string_view>

#include "host/recipe/value.hpp"

namespace gistmill {

// `source` is the file name of all origins. Throws Failure (with `code`) at the place of a syntax error, a
// key that is there twice, or a date, which neither recipes nor manifests use.
Value parse_toml(std::string_view text, const std::string& source, ExitCode code);

}  // namespace gistmill
