// Finding plugins: folders, manifests, names. Loads nothing (load.cpp).
#include "host/registry/registry.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"
#include "host/installation/folders.hpp"
#include "host/registry/contract.hpp"
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

// The reason in one line; the caller names the file.
std::string reason_of(const Failure& failure) {
  const Origin& at = failure.origin();
  return at.line == 0 ? failure.message()
                      : fmt::format("plugin.toml:{}:{}: {}", at.line, at.column, failure.message());
}

// A library, and what became of reading its manifest.
struct Candidate {
  explicit Candidate(fs::path library) : path(std::move(library)) {}

  fs::path path;
  std::unique_ptr<PluginFile> file;
  std::string refused;  // why; empty: it was not
};

void read(Candidate& candidate, const std::vector<Contract>& contracts, const PluginPolicy& policy) {
  const fs::path& path = candidate.path;
  try {
    const std::string source = path.string() + " (plugin.toml)";
    candidate.file = std::make_unique<PluginFile>(
        PluginFile{path, parse_manifest(read_embedded_manifest(path), source, contracts)});
    candidate.refused = policy.reason_against(*candidate.file);
  } catch (const Failure& failure) {
    candidate.refused = reason_of(failure);
  }
}

// Every command begins with this, and a manifest takes a tenth of a millisecond: several threads share the
// work.
void read_all(std::vector<Candidate>& candidates, const std::vector<Contract>& contracts,
              const PluginPolicy& policy) {
  constexpr std::size_t kWorthAThread = 16;  // candidates
  constexpr std::size_t kMostThreads = 4;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < candidates.size(); i = next++) read(candidates[i], contracts, policy);
  };
  std::vector<std::future<void>> others;
  const std::size_t threads = std::min<std::size_t>(
      {kMostThreads, std::thread::hardware_concurrency(), candidates.size() / kWorthAThread});
  try {
    while (others.size() + 1 < threads) others.push_back(std::async(std::launch::async, work));
  } catch (const std::system_error&) {  // no more threads may be started: those there are do it
  }
  work();
  for (std::future<void>& other : others) other.get();
}

}  // namespace

Registry::Registry(const std::vector<fs::path>& folders) : folders_(folders) {
  const std::vector<Contract> contracts = find_contracts(folders_, refused_);
  const PluginPolicy policy = PluginPolicy::of_user();
  std::vector<Candidate> candidates;
  std::vector<fs::path> seen;
  for (const fs::path& folder : folders_) {
    std::error_code error;
    const fs::path identity = fs::weakly_canonical(folder, error);
    if (std::find(seen.begin(), seen.end(), identity) != seen.end()) continue;
    seen.push_back(identity);
    for (fs::path& path : libraries_in(folder)) candidates.emplace_back(std::move(path));
  }
  read_all(candidates, contracts, policy);
  for (Candidate& candidate : candidates) {
    if (candidate.refused.empty()) {
      plugins_.push_back(std::move(candidate.file));
    } else {
      refused_.push_back({std::move(candidate.path), std::move(candidate.refused)});
    }
  }
}

Registry Registry::of_library(const fs::path& library, const std::vector<fs::path>& folders) {
  Registry registry;
  registry.folders_ = folders;
  const std::vector<Contract> contracts = find_contracts(folders, registry.refused_);
  const std::string source = library.string() + " (plugin.toml)";
  registry.plugins_.push_back(std::make_unique<PluginFile>(
      PluginFile{library, parse_manifest(read_embedded_manifest(library), source, contracts)}));
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

const PluginFile* Registry::file_of(std::string_view component) const {
  for (const auto& plugin : plugins_) {
    if (plugin->manifest.component(component) != nullptr) return plugin.get();
  }
  return nullptr;
}

std::vector<std::string> Registry::component_names() const {
  std::vector<std::string> names;
  for (const auto& plugin : plugins_) {
    for (const ComponentSpec& component : plugin->manifest.components) names.push_back(component.name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace gistmill
