// See plugin_lock.hpp.
#include "host/identity/plugin_lock.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

namespace {

using Components = std::set<std::string>;

Components components_of(const Recipe& recipe) {
  Components used;
  for (const ComponentUse& component : recipe.components) used.insert(component.use);
  return used;
}

std::string build_text(std::string_view version, std::string_view sha256) {
  constexpr std::size_t kShown = 12;
  return fmt::format("{} (sha256 {})", version, sha256.substr(0, kShown));
}

// What differs, a line each: "tokenizer/bpe: locked 0.1.0 (sha256 12ab...), found 0.1.0 (sha256 34cd...) in
// FILE"
std::vector<std::string> differences(const RecipeLock& lock, const Components& used,
                                     const Registry& registry) {
  std::vector<std::string> lines;
  for (const LockedPlugin& locked : lock.plugins) {
    if (!used.contains(locked.component)) continue;
    const PluginFile* file = registry.file_of(locked.component);
    if (file != nullptr && file->build() == locked.sha256) continue;
    const std::string found =
        file == nullptr ? fmt::format("found no plugin that offers it; it was in {}", locked.file)
                        : fmt::format("found {} in {}", build_text(file->manifest.version, file->build()),
                                      file->path.string());
    lines.push_back(
        fmt::format("{}: locked {}, {}", locked.component, build_text(locked.version, locked.sha256), found));
  }
  return lines;
}

void check(const RecipeLock& lock, const Components& used, const Registry& registry, std::string_view version,
           OtherPlugins others, std::vector<std::string>& say) {
  std::vector<std::string> lines = differences(lock, used, registry);
  if (!lines.empty() && others == OtherPlugins::refuse) {
    const std::string message =
        lines.size() == 1
            ? "a plugin is not the one that this recipe ran with"
            : fmt::format("{} components are not those that this recipe ran with", lines.size());
    lines.emplace_back(
        "put the locked plugins first with --plugins DIR, or run it with those found: --ignore-lock");
    throw Failure(ExitCode::plugin, lock.origin, message, std::move(lines));
  }
  for (const std::string& line : lines) say.push_back("plugin differs from the lock: " + line);
  if (!lock.host.empty() && lock.host != version)
    say.push_back(fmt::format("locked by gistmill {} when this is {}", lock.host, version));
}

}  // namespace

std::vector<LockedPlugin> locked_plugins(const std::vector<const Recipe*>& recipes,
                                         const Registry& registry) {
  Components used;
  for (const Recipe* recipe : recipes) used.merge(components_of(*recipe));
  std::vector<LockedPlugin> plugins;
  for (const std::string& component : used) {
    const PluginFile* file = registry.file_of(component);
    if (file == nullptr) continue;
    plugins.push_back({component, file->path.filename().string(), file->manifest.version, file->build()});
  }
  return plugins;
}

std::vector<std::string> check_lock(const Recipe& recipe, const Registry& registry, std::string_view version,
                                    OtherPlugins others) {
  std::vector<std::string> say;
  Components used = components_of(recipe);
  for (const Stage& stage : recipe.stages) {
    const Recipe& of_stage = *stage.recipe;
    Components own = components_of(of_stage);
    if (of_stage.lock) check(*of_stage.lock, own, registry, version, others, say);
    used.merge(std::move(own));
  }
  if (recipe.lock) check(*recipe.lock, used, registry, version, others, say);
  return say;
}

}  // namespace gistmill
