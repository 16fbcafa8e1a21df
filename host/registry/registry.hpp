// Finds plugins, reads their manifests without loading, loads the ones that a recipe needs, never unloads.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gistmill/entry.h"
#include "host/registry/library_digest.hpp"
#include "host/registry/manifest.hpp"

namespace gistmill {

struct PluginFile {
  PluginFile(std::filesystem::path library, Manifest embedded)
      : path(std::move(library)),
        manifest(std::move(embedded)),
        digest(std::make_shared<LibraryDigest>(path)) {}

  // Which build of the plugin it is. Throws Failure.
  const std::string& build() const { return digest->hex(); }

  std::filesystem::path path;
  Manifest manifest;
  std::shared_ptr<LibraryDigest> digest;
};

// A file in the search path that is no usable plugin; kept so that it can be shown with its reason.
struct RefusedFile {
  std::filesystem::path path;
  std::string reason;
};

// A component to make instances of. spec and file live as long as the registry, interface as long as the
// process.
struct LoadedComponent {
  const ComponentSpec* spec = nullptr;
  const PluginFile* file = nullptr;
  const gm_component_interface* interface = nullptr;
  std::shared_ptr<LibraryDigest> digest;  // of the library that was loaded, or would be
  // Of one that was not loaded: where another process finds it.
  std::vector<std::filesystem::path> folders;
};

class FoundPlugins;

class Registry {
 public:
  // Finds every *.so in `folders`, first folder first; manifests are parsed when they are asked about. A
  // component that is offered twice comes from the first; a bad file never blocks others, and one that the
  // user's policy forbids (plugin_policy.hpp) is refused. Throws Failure (ExitCode::plugin) where the policy
  // cannot be read.
  explicit Registry(const std::vector<std::filesystem::path>& folders);

  // The components of one library, wherever it lies, with the contracts of `folders`. Throws Failure
  // (ExitCode::plugin) where the file is refused.
  static Registry of_library(const std::filesystem::path& library,
                             const std::vector<std::filesystem::path>& folders);

  // Folders in search order: those `asked` for (--plugins), plugins/ beside the recipe (none without one),
  // $GISTMILL_PLUGIN_PATH (colon-separated; ignored for a privileged process), those that the user installed
  // (plugins install), the installed or built plugin folder beside the program.
  static std::vector<std::filesystem::path> search_path(
      std::vector<std::filesystem::path> asked,
      const std::optional<std::filesystem::path>& recipe_folder = std::nullopt);

  const std::vector<std::filesystem::path>& folders() const { return folders_; }
  const std::vector<const PluginFile*>& plugins() const;
  const std::vector<RefusedFile>& refused() const;

  // The component's manifest entry and file, or null.
  const ComponentSpec* find(std::string_view component) const;
  const PluginFile* file_of(std::string_view component) const;
  // Of all components, or of those in manifests that may have all of `keys` (of an option, of an operation):
  // the other manifests are not parsed, which takes most of a start.
  std::vector<std::string> component_names(const std::vector<std::string>& keys = {}) const;

  // Loads the library behind `component` (once), checks entry, ABI, tier and that description and manifest
  // agree. Throws Failure (ExitCode::plugin) with what was found and expected. Main thread only.
  LoadedComponent load(std::string_view component, const gm_host& host);

  // The same for a component that another process loads: `interface` is null, and nothing of the library runs
  // here.
  LoadedComponent unloaded(std::string_view component) const;

 private:
  Registry() = default;
  const PluginFile& file_or_refuse(std::string_view component) const;

  std::vector<std::filesystem::path> folders_;  // as given
  std::shared_ptr<FoundPlugins> found_;
};

}  // namespace gistmill
