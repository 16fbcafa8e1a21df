// Where the values of a recipe come from: every layer that set a key, with its place, and what may stand
// there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/explain/key_facts.hpp"

namespace gistmill {

struct ExplainedKey {
  struct Layer {
    std::string value;  // as TOML, as this layer wrote it
    Origin origin;
  };
  std::string key;                // "components.corpus.horizon"
  std::string value;              // what counts, variables filled in; "" where it is required and not set
  std::vector<Layer> layers;      // what set it, the layer that counts first; empty: the default counts
  std::optional<KeyFacts> facts;  // none for keys that the recipe makes up, such as variables
};

// `key`, or all keys below it; "": all that are set. Below a component its options that are not set as well.
// "stage.NAME.KEY" asks the recipe of a stage. Throws Failure (ExitCode::usage) where there is no such key,
// with the nearest.
std::vector<ExplainedKey> explain(const Recipe& recipe, const Registry& registry, std::string_view key);

}  // namespace gistmill
