// plugins install, plugins remove, plugins pin: how plugins come to a user and stay what they were.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>

#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/distribution/installed_plugins.hpp"
#include "host/files/digest.hpp"
#include "host/identity/plugin_pins.hpp"
#include "host/installation/folders.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"

namespace gistmill {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

fs::path folder_of_user() {
  fs::path folder = user_folders().plugins;
  if (folder.empty()) {
    throw Failure(ExitCode::usage, "there is no folder to install plugins in",
                  {"set HOME, or XDG_DATA_HOME, to an absolute path"});
  }
  return folder;
}

std::vector<std::string> components_of(const Manifest& manifest) {
  std::vector<std::string> names;
  for (const ComponentSpec& component : manifest.components) names.push_back(component.name);
  return names;
}

std::string text_of(const InstalledPlugin& plugin) {
  std::string text = fmt::format(
      "{} {}, {}, tier {}: {}\n  {} {}\n", plugin.manifest.name, plugin.manifest.version,
      plugin.manifest.license, plugin.manifest.tier, fmt::join(components_of(plugin.manifest), ", "),
      plugin.unchanged ? "was installed as" : "installed as", plugin.file.string());
  if (!plugin.signer.empty()) text += fmt::format("  signed by {}\n", plugin.signer);
  return text + fmt::format("  {}\n", digest_text(plugin.sha256));
}

Json json_of(const InstalledPlugin& plugin) {
  Json json = {{"plugin", plugin.manifest.name},     {"version", plugin.manifest.version},
               {"license", plugin.manifest.license}, {"components", components_of(plugin.manifest)},
               {"file", plugin.file.string()},       {"digest", digest_text(plugin.sha256)},
               {"unchanged", plugin.unchanged}};
  if (!plugin.signer.empty()) json["signer"] = plugin.signer;
  return json;
}

// A key of TOML: bare where it may be.
std::string toml_key(const std::string& name) {
  constexpr std::string_view kBare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return name.find_first_not_of(kBare) == std::string::npos ? name : '"' + name + '"';
}

}  // namespace

ExitCode run_plugins_install(const Command& command) {
  InstallRequest request;
  request.source = command.arguments.front();
  request.folder = folder_of_user();
  request.signers = command.value("signers").value_or("");
  request.replace = command.has("replace");
  const Registry there(Registry::search_path(command.plugin_folders()));
  std::string text;
  Json json = Json::array();
  for (const InstalledPlugin& plugin : install_plugins(request, there)) {
    text += text_of(plugin);
    json.push_back(json_of(plugin));
  }
  print_answer(command.json() ? json.dump(2) + "\n" : text);
  return ExitCode::ok;
}

ExitCode run_plugins_remove(const Command& command) {
  const fs::path file = remove_plugin(command.arguments.front(), folder_of_user());
  print_answer(command.json() ? Json({{"removed", file.string()}}).dump(2) + "\n"
                              : fmt::format("removed {}\n", file.string()));
  return ExitCode::ok;
}

ExitCode run_plugins_pin(const Command& command) {
  const fs::path path = command.arguments.front();
  const Recipe recipe = load_recipe(path, command.overrides());
  const Registry registry(Registry::search_path(command.plugin_folders(), path.parent_path()));
  Json json = {{"plugins", Json::object()}};
  std::string text;
  for (const auto& [plugin, sha256] : pins_of(recipe, registry)) {
    text += fmt::format("{} = \"{}\"\n", toml_key(plugin), digest_text(sha256));
    json["plugins"][plugin] = digest_text(sha256);
  }
  if (command.json()) {
    print_answer(json.dump(2) + "\n");
  } else if (text.empty()) {
    print_talk("nothing to pin: every component that is found comes with the program");
  } else {
    print_answer("[plugins]\n" + text);
  }
  return ExitCode::ok;
}

}  // namespace gistmill
