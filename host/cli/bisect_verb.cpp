// bisect: which keys between two recipes move a figure.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "host/cli/baseline_gate.hpp"
#include "host/cli/stop_asked.hpp"
#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/recipe/recipe.hpp"
#include "host/registry/registry.hpp"
#include "host/sweep/bisect.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

// A recipe file, or the folder of a run.
Recipe read_recipe(const fs::path& path, const std::vector<std::string>& overrides) {
  return load_recipe(fs::is_directory(path) ? path / "recipe.lock.toml" : path, overrides);
}

BisectSettings settings_of(const Command& command) {
  BisectSettings settings;
  settings.program = fs::read_symlink("/proc/self/exe");
  settings.points = command.value("folder").value_or("sweeps/points");
  for (const fs::path& folder : command.plugin_folders()) {
    settings.arguments.emplace_back("--plugins");
    settings.arguments.push_back(fs::absolute(folder).string());
  }
  if (const auto threads = command.value("threads")) {
    settings.arguments.emplace_back("--set");
    settings.arguments.push_back("run.threads=" + *threads);
  }
  settings.figure = command.value("figure").value_or("");
  settings.tolerance = tolerance_of(command);
  return settings;
}

std::string value_text(const ProbeResult& result) {
  return result.measured ? fmt::format("{:.4g}", result.measured->value)
                         : fmt::format("fails with exit code {}", result.code);
}

std::string text_of(const Bisection& found) {
  std::string text;
  for (const KeyDifference& key : found.keys) {
    text += fmt::format("{}  {} -> {}\n", key.key, key.left.empty() ? "(not set)" : key.left,
                        key.right.empty() ? "(not set)" : key.right);
  }
  return text + fmt::format("{}: {} with GOOD, {} with BAD, {} with GOOD and {}; {} of {} keys, {} probes\n",
                            found.good.measured->figure.name, value_text(found.good), value_text(found.bad),
                            value_text(found.with_keys), found.keys.size() == 1 ? "this key" : "these keys",
                            found.keys.size(), found.differing, found.probes);
}

nlohmann::ordered_json json_of(const ProbeResult& result) {
  const bool number = result.measured && std::isfinite(result.measured->value);
  return {{"value", number ? nlohmann::ordered_json(result.measured->value) : nlohmann::ordered_json()},
          {"exit_code", result.code}};
}

nlohmann::ordered_json json_of(const Bisection& found) {
  nlohmann::ordered_json keys = nlohmann::ordered_json::array();
  const auto value = [](const std::string& text) {
    return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
  };
  for (const KeyDifference& key : found.keys)
    keys.push_back({{"key", key.key}, {"good", value(key.left)}, {"bad", value(key.right)}});
  return {{"keys", std::move(keys)},
          {"differing", found.differing},
          {"figure", found.good.measured->figure.name},
          {"good", json_of(found.good)},
          {"bad", json_of(found.bad)},
          {"with_keys", json_of(found.with_keys)},
          {"tolerance", found.tolerance},
          {"probes", found.probes}};
}

}  // namespace

ExitCode run_bisect(const Command& command) {
  const BisectSettings settings = settings_of(command);
  const fs::path path = command.arguments[0];
  const Recipe good = read_recipe(path, command.overrides());
  const Recipe bad = read_recipe(command.arguments[1], command.overrides());
  const Registry registry(Registry::search_path(command.plugin_folders(), path.parent_path()));
  take_stop_signals();
  const auto found =
      bisect(good, bad, registry, settings, stop_asked, [](const std::string& line) { print_talk(line); });
  if (!found) {
    print_talk("stopped and saved; the same command goes on");
    return ExitCode::stopped;
  }
  print_answer(command.json() ? json_of(*found).dump(2) + "\n" : text_of(*found));
  return ExitCode::ok;
}

}  // namespace gistmill
