// See plugin_pins.hpp.
#include "host/identity/plugin_pins.hpp"

#include <filesystem>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/files/digest.hpp"
#include "host/installation/folders.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;
using Files = std::set<const PluginFile*>;

void add_used(const Recipe& recipe, const Registry& registry, Files& files) {
  for (const ComponentUse& component : recipe.components) {
    if (const PluginFile* file = registry.file_of(component.use)) files.insert(file);
  }
  for (const Stage& stage : recipe.stages) add_used(*stage.recipe, registry, files);
}

std::vector<const PluginFile*> files_called(const std::string& name, const Files& used,
                                            const Registry& registry) {
  std::vector<const PluginFile*> files;
  for (const PluginFile* file : used) {
    if (file->manifest.name == name) files.push_back(file);
  }
  for (const auto& file : registry.plugins()) {
    if (!files.empty()) break;
    if (file->manifest.name == name) files.push_back(file);
  }
  return files;
}

[[noreturn]] void refuse_missing(const PinnedPlugin& pin, const Registry& registry) {
  std::vector<std::string> names, notes;
  for (const auto& file : registry.plugins()) names.push_back(file->manifest.name);
  for (const RefusedFile& file : registry.refused())
    notes.push_back(fmt::format("refused {}: {}", file.path.string(), file.reason));
  notes.emplace_back("name the folder that it lies in with --plugins DIR, or take the pin out");
  throw Failure(ExitCode::plugin, pin.origin, fmt::format("there is no plugin called '{}'", pin.plugin),
                did_you_mean(pin.plugin, names, std::move(notes)));
}

void check_own_pins(const Recipe& recipe, const Files& used, const Registry& registry) {
  for (const PinnedPlugin& pin : recipe.pins) {
    const std::vector<const PluginFile*> files = files_called(pin.plugin, used, registry);
    if (files.empty()) refuse_missing(pin, registry);
    for (const PluginFile* file : files) {
      if (file->build() == pin.sha256) continue;
      throw Failure(
          ExitCode::plugin, pin.origin,
          fmt::format("plugin {} is another build than the recipe pins", pin.plugin),
          {fmt::format("pinned {}", digest_text(pin.sha256)),
           fmt::format("found  {} in {}", digest_text(file->build()), file->path.string()),
           "put the pinned build first with --plugins DIR, or pin the one found: gistmill plugins pin "
           "RECIPE"});
    }
  }
}

}  // namespace

void check_pins(const Recipe& recipe, const Registry& registry) {
  Files used;
  add_used(recipe, registry, used);
  check_own_pins(recipe, used, registry);
  for (const Stage& stage : recipe.stages) check_own_pins(*stage.recipe, used, registry);
}

std::map<std::string, std::string> pins_of(const Recipe& recipe, const Registry& registry) {
  Files used;
  add_used(recipe, registry, used);
  std::map<std::string, std::string> pins;
  for (const PluginFile* file : used) {
    std::error_code error;
    if (fs::equivalent(file->path.parent_path(), program_folders().plugins, error)) continue;
    pins[file->manifest.name] = file->build();
  }
  return pins;
}

}  // namespace gistmill
