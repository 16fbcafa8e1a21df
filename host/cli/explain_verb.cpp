// explain: where a recipe's values come from. From recipes and manifests alone.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "host/cli/terminal.hpp"
#include "host/cli/verbs.hpp"
#include "host/explain/explain.hpp"

namespace gistmill {
namespace {

// Place, value, remark; columns are as wide as they must be.
using Row = std::array<std::string, 3>;

std::vector<Row> rows_of(const ExplainedKey& key) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < key.layers.size(); ++i)
    rows.push_back({key.layers[i].origin.text(), key.layers[i].value, i == 0 ? "" : "overridden"});
  if (key.facts) {
    const bool required = key.facts->default_value.empty();
    std::string remark = fmt::format("{}; {}", required ? "required" : "default", key.facts->type);
    if (!key.facts->doc.empty()) remark += "; " + key.facts->doc;
    rows.push_back({key.facts->source, key.facts->default_value, remark});
  }
  return rows;
}

std::string text_of(const ExplainedKey& key) {
  const std::vector<Row> rows = rows_of(key);
  constexpr std::size_t kWidest = 60;  // a longer value pushes its own remark only
  std::size_t place = 0;
  std::size_t value = 0;
  for (const Row& row : rows) {
    place = std::max(place, row[0].size());
    if (row[1].size() <= kWidest) value = std::max(value, row[1].size());
  }
  std::string text = fmt::format("{} = {}\n", key.key, key.value.empty() ? "(not set)" : key.value);
  for (const Row& row : rows) {
    std::string line = fmt::format("  {:<{}}  {:<{}}  {}", row[0], place, row[1], value, row[2]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

nlohmann::ordered_json json_of(const ExplainedKey& key) {
  nlohmann::ordered_json json = {{"key", key.key}, {"value", key.value}};
  json["layers"] = nlohmann::ordered_json::array();
  for (const ExplainedKey::Layer& layer : key.layers) {
    json["layers"].push_back({{"value", layer.value},
                              {"file", layer.origin.file},
                              {"line", layer.origin.line},
                              {"column", layer.origin.column}});
  }
  if (!key.facts) return json;
  json["source"] = key.facts->source;
  json["type"] = key.facts->type;
  json["default"] = key.facts->default_value;
  json["doc"] = key.facts->doc;
  return json;
}

}  // namespace

ExitCode run_explain(const Command& command) {
  const std::filesystem::path path = command.arguments.front();
  const Recipe recipe = load_recipe(path, command.overrides());
  const Registry registry(Registry::search_path(command.plugin_folders(), path.parent_path()));
  const std::string key = command.arguments.size() > 1 ? command.arguments[1] : "";
  const std::vector<ExplainedKey> keys = explain(recipe, registry, key);
  std::string text;
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ExplainedKey& explained : keys) {
    text += text_of(explained);
    json.push_back(json_of(explained));
  }
  print_answer(command.json() ? json.dump(2) + "\n" : text);
  return ExitCode::ok;
}

}  // namespace gistmill
