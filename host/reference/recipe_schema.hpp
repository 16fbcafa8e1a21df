// JSON Schema (Draft 4, what Taplo reads) of recipes: for completion and checks in an editor.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "host/registry/registry.hpp"

namespace gistmill {

// Keys are those of the program's tables and of the manifests of installed plugins. One file of a recipe is
// checked, a layer: nothing is required but what makes a table what it is. A number or list may be written as
// "${variable}".
nlohmann::ordered_json recipe_schema(const Registry& registry);

}  // namespace gistmill
