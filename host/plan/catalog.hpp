// What a plan may use: components by name, and what to say of one that is missing. Manifests only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/diagnostic/failure.hpp"
#include "host/registry/manifest.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

struct Catalog {
  std::vector<const ComponentSpec*> components;
  std::vector<std::filesystem::path> searched;  // folders, in order
  std::vector<RefusedFile> refused;

  // Throws Failure (ExitCode::recipe) at `origin`: "no plugin offers 'gistnet/refin'", with the nearest name,
  // where plugins were looked for, and refused files that may be the one meant.
  const ComponentSpec& find(const std::string& component, const Origin& origin) const;
};

}  // namespace gistmill
