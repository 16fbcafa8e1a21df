// recipe.lock.toml: the resolved recipe with the digests of the plugins that ran it, for running it again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/recipe/recipe.hpp"

namespace gistmill {

struct LockedPlugin {
  std::string component;  // "gistnet/refine"
  std::string file;       // name of the library
  std::string version;    // of the plugin
  std::string sha256;     // of the library
};

// TOML that load_recipe reads to the same recipe: one layer, variables filled in (and left out), the recipes
// of stages within it. The table [lock] records the rest and is ignored by load_recipe.
std::string lock_text(const Recipe& recipe, const std::vector<LockedPlugin>& plugins,
                      std::string_view host_version);

}  // namespace gistmill
