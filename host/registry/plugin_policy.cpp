// See plugin_policy.hpp.
#include "host/registry/plugin_policy.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "host/files/digest.hpp"
#include "host/files/text_file.hpp"
#include "host/installation/folders.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/toml.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "plugins.toml";

std::string text_of(const fs::path& file) {
  try {
    return read_text_file(file);
  } catch (const Failure& failure) {
    throw Failure(ExitCode::plugin,
                  fmt::format("the policy for plugins cannot be read: {}", failure.message()),
                  {"mend $GISTMILL_PLUGIN_POLICY, or unset it"});
  }
}

// Beside the program: its own plugins.
bool is_shipped(const PluginFile& plugin) {
  std::error_code error;
  return fs::equivalent(plugin.path.parent_path(), program_folders().plugins, error);
}

}  // namespace

bool PluginPolicy::Entry::is(const PluginFile& plugin) const {
  const std::optional<std::string> digest = parse_digest(text);
  return digest ? plugin.build() == *digest : plugin.manifest.name == text;
}

std::vector<PluginPolicy::Entry> PluginPolicy::entries_of(const Value& list, const char* key) {
  std::vector<Entry> entries;
  for (const Value& value : *list.get_if<Value::List>()) {
    const auto* text = value.get_if<std::string>();
    if (text == nullptr || text->empty() || (text->starts_with("sha256:") && !parse_digest(*text))) {
      throw Failure(ExitCode::plugin, place_of(value),
                    fmt::format("{} has {} when it should have names of plugins, or \"sha256:\" with the 64 "
                                "hexadecimal digits of a file's digest",
                                key, value.text()));
    }
    entries.push_back({*text, place_of(value)});
  }
  return entries;
}

PluginPolicy::PluginPolicy(const fs::path& file) {
  const Value tree = parse_toml(text_of(file), file.string(), ExitCode::plugin);
  const Fields fields(tree, "", "the policy for plugins", {"allow", "deny"}, ExitCode::plugin);
  if (fields.list("allow") != nullptr) {
    allow_ = entries_of(*fields.find("allow"), "allow");
    origin_ = place_of(*fields.find("allow"));
  }
  if (fields.list("deny") != nullptr) deny_ = entries_of(*fields.find("deny"), "deny");
}

PluginPolicy PluginPolicy::of_user() {
  // secure_getenv: what a privileged process may load is not for its caller to say.
  if (const char* named = ::secure_getenv("GISTMILL_PLUGIN_POLICY"); named != nullptr && *named != '\0')
    return PluginPolicy(fs::path(named));
  const fs::path settings = user_folders().settings;
  std::error_code error;
  if (settings.empty() || !fs::exists(settings / kFile, error)) return {};
  return PluginPolicy(settings / kFile);
}

std::string PluginPolicy::reason_against(const PluginFile& plugin) const {
  const auto is_plugin = [&](const Entry& entry) { return entry.is(plugin); };
  const auto denied = std::ranges::find_if(deny_, is_plugin);
  if (denied != deny_.end()) {
    return fmt::format("plugin {} is denied by {} ('{}')", plugin.manifest.name, denied->origin.text(),
                       denied->text);
  }
  if (!allow_ || is_shipped(plugin) || std::ranges::any_of(*allow_, is_plugin)) return "";
  return fmt::format("plugin {} is not among those that {} allows; its digest is {}", plugin.manifest.name,
                     origin_.text(), digest_text(plugin.build()));
}

}  // namespace gistmill
