// What is known of a key of a recipe without its value: from the program's own table of keys, or from the
// manifest of the component whose option it is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

struct KeyFacts {
  std::string source;         // "dataset/spans 0.1.0", "[run]"
  std::string type;           // "integer 1..4096", "string"
  std::string default_value;  // as TOML; empty: required, or there is none
  std::string doc;
};

// `path`: components, corpus, horizon. None where the key is known to nobody.
std::optional<KeyFacts> facts_of(const std::vector<std::string>& path, const Recipe& recipe,
                                 const Registry& registry);

// The keys that may stand below `path`, in the order of their tables; empty where that is not known.
std::vector<std::string> keys_below(const std::vector<std::string>& path, const Recipe& recipe,
                                    const Registry& registry);

}  // namespace gistmill
