#include "host/explain/key_facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "host/plan/options.hpp"
#include "host/recipe/recipe_keys.hpp"

namespace gistmill {
namespace {

// "evaluations.NAME.variants.ID" fits evaluations, heldout, variants, gist.
bool fits(std::string_view table, const std::vector<std::string>& path) {
  std::size_t at = 0;
  for (const std::string& name : path) {
    if (at > table.size() || (at == table.size() && !table.empty())) return false;
    const std::size_t dot = std::min(table.find('.', at), table.size());
    const std::string_view part = table.substr(at, dot - at);
    if (part != "NAME" && part != "ID" && part != name) return false;
    at = dot + 1;
  }
  return path.empty() ? table.empty() : at == table.size() + 1;
}

const RecipeTable* table_at(const std::vector<std::string>& path) {
  const auto& tables = recipe_tables();
  const auto found =
      std::ranges::find_if(tables, [&](const RecipeTable& table) { return fits(table.name, path); });
  return found == tables.end() ? nullptr : &*found;
}

// The component of [components.NAME], also where it comes from a stage; null where nobody has it.
const ComponentSpec* component_at(const std::vector<std::string>& path, const Recipe& recipe,
                                  const Registry& registry) {
  if (path.size() < 2 || path[0] != "components") return nullptr;
  const ComponentUse* use = recipe.component(path[1]);
  if (use == nullptr) return nullptr;
  return registry.find(use->use.empty() ? resolve_from(recipe, *use).use : use->use);
}

std::string type_text(const OptionSpec& option) {
  std::string text(option_type_name(option.type));
  if (!option.choices.empty()) text += fmt::format(": {}", fmt::join(option.choices, " "));
  if (option.min || option.max) {
    text += fmt::format(" {}..{}", option.min ? fmt::format("{}", *option.min) : "",
                        option.max ? fmt::format("{}", *option.max) : "");
  }
  return option.unit.empty() ? text : fmt::format("{}, {}", text, option.unit);
}

KeyFacts facts_of(const OptionSpec& option, const ComponentSpec& component, const PluginFile& file) {
  return {fmt::format("{} {}", component.name, file.manifest.version), type_text(option),
          option.default_value ? option_text(*option.default_value) : "", option.doc};
}

KeyFacts facts_of(const RecipeKey& key, const RecipeTable& table) {
  return {table.name.empty() ? "the recipe" : fmt::format("[{}]", table.name), key.type, key.default_value,
          key.doc};
}

}  // namespace

std::optional<KeyFacts> facts_of(const std::vector<std::string>& path, const Recipe& recipe,
                                 const Registry& registry) {
  if (path.empty()) return std::nullopt;
  const std::vector<std::string> above(path.begin(), path.end() - 1);
  if (const RecipeTable* table = table_at(above)) {
    const auto key = std::ranges::find(table->keys, path.back(), &RecipeKey::key);
    if (key != table->keys.end()) return facts_of(*key, *table);
  }
  const ComponentSpec* component =
      path.size() == 3 || path.size() == 4 ? component_at(path, recipe, registry) : nullptr;
  const OptionSpec* option = component != nullptr ? component->option(path[2]) : nullptr;
  if (option == nullptr) return std::nullopt;
  if (path.size() == 4) {  // the weight of one corpus of a mixture
    if (option->type != OptionType::mixture) return std::nullopt;
    return KeyFacts{component->name, "float above 0, or false", "",
                    fmt::format("weight of this pipeline's corpus in {}; false: not in it", option->key)};
  }
  return facts_of(*option, *component, *registry.file_of(component->name));
}

std::vector<std::string> keys_below(const std::vector<std::string>& path, const Recipe& recipe,
                                    const Registry& registry) {
  std::vector<std::string> keys;
  if (const RecipeTable* table = table_at(path)) {
    for (const RecipeKey& key : table->keys) keys.push_back(key.key);
  }
  const ComponentSpec* component = path.size() == 2 ? component_at(path, recipe, registry) : nullptr;
  if (component == nullptr) return keys;
  for (const OptionSpec& option : component->options) keys.push_back(option.key);
  return keys;
}

}  // namespace gistmill
