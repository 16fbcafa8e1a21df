// Finding plugins: folders, manifests (found_plugins.cpp), names. Loads nothing (load.cpp).
#include "host/registry/registry.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "host/installation/folders.hpp"
#include "host/registry/contract.hpp"
#include "host/registry/found_plugins.hpp"
#include "host/registry/plugin_policy.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// Every *.so of a folder in the order of names, so that the same files always give the same registry.
std::vector<fs::path> libraries_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".so") files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Registry::Registry(const std::vector<fs::path>& folders) : folders_(folders) {
  std::vector<RefusedFile> refused;
  std::vector<Contract> contracts = find_contracts(folders_, refused);
  PluginPolicy policy = PluginPolicy::of_user();
  std::vector<fs::path> libraries;
  std::vector<fs::path> seen;
  for (const fs::path& folder : folders_) {
    std::error_code error;
    const fs::path identity = fs::weakly_canonical(folder, error);
    if (std::find(seen.begin(), seen.end(), identity) != seen.end()) continue;
    seen.push_back(identity);
    for (fs::path& path : libraries_in(folder)) libraries.push_back(std::move(path));
  }
  found_ =
      std::make_shared<FoundPlugins>(libraries, std::move(contracts), std::move(policy), std::move(refused));
}

Registry Registry::of_library(const fs::path& library, const std::vector<fs::path>& folders) {
  Registry registry;
  registry.folders_ = folders;
  std::vector<RefusedFile> refused;
  const std::vector<Contract> contracts = find_contracts(folders, refused);
  const std::string source = library.string() + " (plugin.toml)";
  registry.found_ = std::make_shared<FoundPlugins>(
      std::make_unique<PluginFile>(library,
                                   parse_manifest(read_embedded_manifest(library), source, contracts)),
      std::move(refused));
  return registry;
}

std::vector<fs::path> Registry::search_path(std::vector<fs::path> asked,
                                            const std::optional<fs::path>& recipe_folder) {
  std::vector<fs::path> folders = std::move(asked);
  if (recipe_folder) folders.push_back(*recipe_folder / "plugins");
  // secure_getenv answers null to a privileged process, which must not load what its caller names.
  if (const char* list = ::secure_getenv("GISTMILL_PLUGIN_PATH")) {
    const std::string_view text = list;
    for (std::size_t start = 0; start <= text.size();) {
      const std::size_t end = std::min(text.find(':', start), text.size());
      if (end > start) folders.emplace_back(text.substr(start, end - start));
      start = end + 1;
    }
  }
  if (std::filesystem::path user = user_folders().plugins; !user.empty()) folders.push_back(std::move(user));
  folders.push_back(program_folders().plugins);
  return folders;
}

const ComponentSpec* Registry::find(std::string_view component) const {
  const PluginFile* file = file_of(component);
  return file == nullptr ? nullptr : file->manifest.component(component);
}

const PluginFile* Registry::file_of(std::string_view component) const { return found_->offering(component); }

const std::vector<const PluginFile*>& Registry::plugins() const { return found_->all(); }
const std::vector<RefusedFile>& Registry::refused() const { return found_->refused(); }

std::vector<std::string> Registry::component_names(const std::vector<std::string>& keys) const {
  std::vector<std::string> names;
  for (const PluginFile* plugin : keys.empty() ? found_->all() : found_->having(keys)) {
    for (const ComponentSpec& component : plugin->manifest.components) names.push_back(component.name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace gistmill
