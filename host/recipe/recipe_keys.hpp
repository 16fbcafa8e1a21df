// The keys of a recipe, table by table: what the schema takes and what the reference page says of them. Types
// and ranges are checked by schema.cpp; options of components are the manifests'.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gistmill {

struct RecipeKey {
  std::string key;            // "steps"
  std::string type;           // "integer"
  std::string default_value;  // as TOML; empty: the key is required, or means something by being there
  std::string doc;
};

struct RecipeTable {
  std::string name;  // "run", "evaluations.NAME"; "": the top level
  std::string doc;
  std::vector<RecipeKey> keys;
};

const std::vector<RecipeTable>& recipe_tables();

// The keys of one table. The name must be one of recipe_tables().
std::vector<std::string> keys_of(std::string_view table);

}  // namespace gistmill
