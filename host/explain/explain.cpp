#include "host/explain/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/names.hpp"
#include "host/recipe/overrides.hpp"

namespace gistmill {
namespace {

using Path = std::vector<std::string>;

std::string text_of(const Path& path) {
  std::string text;
  for (const std::string& name : path) text += (text.empty() ? "" : ".") + key_text(name);
  return text;
}

// The stage's recipe for stage.NAME.KEY; the names of the stage are taken off `path`.
const Recipe& recipe_of(const Recipe& recipe, Path& path) {
  if (path.size() < 2 || path[0] != "stage") return recipe;
  const auto stage = std::ranges::find(recipe.stages, path[1], &Stage::name);
  if (stage == recipe.stages.end()) {
    std::vector<std::string> names;
    for (const Stage& each : recipe.stages) names.push_back(each.name);
    throw Failure(ExitCode::usage, fmt::format("unknown stage '{}'", path[1]), did_you_mean(path[1], names));
  }
  path.erase(path.begin(), path.begin() + 2);
  return *stage->recipe;
}

class Explainer {
 public:
  Explainer(const Recipe& recipe, const Registry& registry) : recipe_(recipe), registry_(registry) {}

  // The value at `path` with all below it.
  void add(const Path& path, const Value& value) {
    if (value.is_table() && !entries_of(value).empty()) {
      for (const auto& [name, inner] : entries_of(value)) add(below(path, name), inner);
      return;
    }
    ExplainedKey key = named(path);
    key.value = value.text();
    key.layers.push_back({value.text(), place_of(value)});
    for (const Value& older : value.overridden()) key.layers.push_back({older.text(), place_of(older)});
    keys_.push_back(std::move(key));
  }
  void add_default(const Path& path) {
    ExplainedKey key = named(path);
    if (key.facts) key.value = key.facts->default_value;
    keys_.push_back(std::move(key));
  }
  // Options of a component that the recipe leaves out.
  void add_options_left_out(const Path& path, const Value& component) {
    for (const std::string& option : keys_below(path, recipe_, registry_)) {
      const bool own = option == "use" || option == "from" || option == "parameters";
      if (!own && component.find(option) == nullptr) add_default(below(path, option));
    }
  }
  std::vector<ExplainedKey> take() { return std::move(keys_); }

  static Path below(Path path, const std::string& name) {
    path.push_back(name);
    return path;
  }

 private:
  ExplainedKey named(const Path& path) const {
    return {text_of(path), "", {}, facts_of(path, recipe_, registry_)};
  }

  const Recipe& recipe_;
  const Registry& registry_;
  std::vector<ExplainedKey> keys_;
};

// Whether the recipe gives a value to the key.
bool has(const Recipe& recipe, const Path& path) {
  const Value* value = &recipe.resolved;
  for (const std::string& name : path) {
    value = value->is_table() ? value->find(name) : nullptr;
    if (value == nullptr) return false;
  }
  return true;
}

// The same key of each stage that has it: it is named with the stage.
std::vector<std::string> stages_with(const Path& path, const Recipe& recipe) {
  std::vector<std::string> notes;
  for (const Stage& stage : recipe.stages) {
    if (!has(*stage.recipe, path)) continue;
    Path inside = {"stage", stage.name};
    inside.insert(inside.end(), path.begin(), path.end());
    notes.push_back(fmt::format("stage '{}' has it: {}", stage.name, text_of(inside)));
  }
  return notes;
}

// `stage`: "stage.NAME." where the key is one of that stage's recipe, else "".
[[noreturn]] void refuse(const Path& path, std::size_t known, const Value& value, const Recipe& recipe,
                         const std::string& stage, const Registry& registry) {
  const Path above(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(known));
  std::vector<std::string> names = keys_below(above, recipe, registry);
  if (value.is_table()) {
    for (const auto& entry : entries_of(value)) names.push_back(entry.first);
  }
  std::vector<std::string> nearest_keys;
  for (const std::string& name : names)
    nearest_keys.push_back(stage + text_of(Explainer::below(above, name)));
  const std::string asked = text_of(Explainer::below(above, path[known]));
  throw Failure(ExitCode::usage, fmt::format("{} has no key '{}'", recipe.path.string(), asked),
                did_you_mean(stage + asked, nearest_keys, stages_with(path, recipe)));
}

}  // namespace

std::vector<ExplainedKey> explain(const Recipe& whole, const Registry& registry, std::string_view key) {
  Path path = key.empty() ? Path() : parse_key(key, Origin{}, ExitCode::usage);
  const Path asked = path;
  const Recipe& recipe = recipe_of(whole, path);
  const std::string stage = path.size() == asked.size() ? "" : text_of({asked[0], asked[1]}) + ".";
  Explainer explainer(recipe, registry);
  const Value* value = &recipe.resolved;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Value* inner = value->is_table() ? value->find(path[i]) : nullptr;
    if (inner == nullptr) {
      const bool last = i + 1 == path.size();
      if (!last || !facts_of(path, recipe, registry)) refuse(path, i, *value, recipe, stage, registry);
      explainer.add_default(path);
      return explainer.take();
    }
    value = inner;
  }
  explainer.add(path, *value);
  if (path.size() == 2 && path[0] == "components") explainer.add_options_left_out(path, *value);
  return explainer.take();
}

}  // namespace gistmill
