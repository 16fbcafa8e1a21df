// See installed_plugins.hpp.
#include "host/distribution/installed_plugins.hpp"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <gistmill/files/transfer.hpp>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/distribution/signature.hpp"
#include "host/files/digest.hpp"
#include "host/files/file_failure.hpp"
#include "host/files/make_folders.hpp"
#include "host/files/text_file.hpp"
#include "host/registry/elf.hpp"
#include "host/registry/plugin_fit.hpp"
#include "host/registry/plugin_policy.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 200;  // bytes: a file's name may have 255, and NewFile needs some

// Checked, not yet copied.
struct Candidate {
  InstalledPlugin plugin;
  std::string bytes;
};

[[noreturn]] void refuse(const fs::path& file, const std::string& message, std::vector<std::string> notes) {
  throw Failure(ExitCode::plugin, {file.string(), 0, 0}, message, std::move(notes));
}

// It becomes the name of a file.
void check_name(const PluginFile& plugin) {
  const std::string& name = plugin.manifest.name;
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!name.empty() && name.size() <= kLongestName && name.front() != '.' && std::ranges::all_of(name, fine))
    return;
  refuse(plugin.path, fmt::format("plugin.name is '{}', which cannot name a file", name),
         {"use letters, digits, '-', '_' and '.' in its plugin.toml, and no '.' first"});
}

bool is_plugin(const fs::path& file) {
  try {
    read_embedded_manifest(file);
    return true;
  } catch (const Failure&) {
    return false;
  }
}

std::vector<fs::path> sources_of(const fs::path& source) {
  std::error_code error;
  if (fs::is_regular_file(source, error)) return {source};
  if (!fs::is_directory(source, error))
    throw Failure(ExitCode::usage, fmt::format("there is no file or folder {}", source.string()));
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(source, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".so" && is_plugin(entry->path())) files.push_back(entry->path());
  }
  if (files.empty()) {
    throw Failure(ExitCode::plugin, fmt::format("{} has no plugin in it", source.string()),
                  {"name the file, or the folder that has it: build/ of a plugin's project"});
  }
  std::ranges::sort(files);
  return files;
}

// A component that the program would take from the new plugin in place of another.
void refuse_shadowing(const PluginFile& plugin, const fs::path& target, const Registry& there) {
  for (const ComponentSpec& component : plugin.manifest.components) {
    const PluginFile* other = there.file_of(component.name);
    std::error_code error;
    if (other == nullptr || other->path == target || fs::equivalent(other->path, plugin.path, error))
      continue;
    refuse(plugin.path, fmt::format("{} is offered by {} already", component.name, other->path.string()),
           {"--replace: take it from this plugin from now on"});
  }
}

void refuse_other_build(const PluginFile& plugin, const fs::path& target) {
  refuse(plugin.path,
         fmt::format("another build of {} is installed: {} with {}", plugin.manifest.name, target.string(),
                     digest_text(sha256_file(target))),
         {"--replace: put this one in its place",
          fmt::format("gistmill plugins remove {}: take the other one out", plugin.manifest.name)});
}

Candidate check(const fs::path& source, const InstallRequest& request, const Registry& there) {
  std::vector<fs::path> folders = there.folders();
  folders.insert(folders.begin(), source.parent_path());  // contracts of its own
  Registry alone = Registry::of_library(source, folders);
  const PluginFile& plugin = *alone.plugins().front();
  check_name(plugin);
  check_fit(plugin);
  if (const std::string reason = PluginPolicy::of_user().reason_against(plugin); !reason.empty())
    refuse(source, reason, {"change the policy if it is yours"});

  Candidate candidate;
  candidate.bytes = or_failure([&] { return files::read_all(source); });
  candidate.plugin = {source,
                      request.folder / (plugin.manifest.name + ".so"),
                      plugin.manifest,
                      sha256_hex(candidate.bytes),
                      "",
                      false};
  if (candidate.plugin.sha256 != plugin.build())
    refuse(source, "it changed while it was read", {"try again"});
  const fs::path& target = candidate.plugin.file;
  std::error_code error;
  if (fs::exists(target, error)) {
    candidate.plugin.unchanged = sha256_file(target) == candidate.plugin.sha256;
    if (!candidate.plugin.unchanged && !request.replace) refuse_other_build(plugin, target);
  }
  if (!request.replace) refuse_shadowing(plugin, target, there);
  if (!request.signers.empty()) candidate.plugin.signer = signer_of(candidate.bytes, source, request.signers);
  return candidate;
}

}  // namespace

std::vector<InstalledPlugin> install_plugins(const InstallRequest& request, const Registry& there) {
  std::vector<Candidate> candidates;
  std::set<std::string> names;
  for (const fs::path& source : sources_of(request.source)) {
    candidates.push_back(check(source, request, there));
    const std::string& name = candidates.back().plugin.manifest.name;
    if (!names.insert(name).second)
      refuse(source, fmt::format("two files there are plugin {}", name), {"name the one to install"});
  }
  make_folders(request.folder);
  std::vector<InstalledPlugin> installed;
  for (Candidate& candidate : candidates) {
    if (!candidate.plugin.unchanged) write_file_atomically(candidate.plugin.file, candidate.bytes);
    installed.push_back(std::move(candidate.plugin));
  }
  return installed;
}

fs::path remove_plugin(const std::string& name, const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".so") names.push_back(entry->path().stem().string());
  }
  std::ranges::sort(names);
  if (!std::ranges::binary_search(names, name)) {
    throw Failure(ExitCode::usage, fmt::format("plugin '{}' is not installed in {}", name, folder.string()),
                  did_you_mean(name, names, {"only what gistmill plugins install put there can be removed"}));
  }
  fs::path file = folder / (name + ".so");
  fs::remove(file, error);
  if (error)
    throw Failure(ExitCode::failed, fmt::format("cannot remove {}: {}", file.string(), error.message()));
  return file;
}

}  // namespace gistmill
