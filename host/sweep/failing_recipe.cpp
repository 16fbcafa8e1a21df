#include "host/sweep/failing_recipe.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "host/plan/parts.hpp"
#include "host/recipe/lock.hpp"
#include "host/recipe/recipe_keys.hpp"

namespace gistmill {
namespace {

using Names = std::set<std::string, std::less<>>;

Value::Table& table_of(Value& value) { return std::get<Value::Table>(value.data()); }

void erase(Value& tree, std::string_view table, std::string_view key) {
  Value* value = tree.find(table);
  if (value == nullptr || !value->is_table()) return;
  std::erase_if(table_of(*value), [key](const auto& entry) { return entry.first == key; });
}

// Every string of the tree: an option may name an instance or a pipeline.
void strings_of(const Value& value, Names& names) {
  if (const auto* text = value.get_if<std::string>()) names.insert(*text);
  if (const auto* list = value.get_if<Value::List>()) {
    for (const Value& item : *list) strings_of(item, names);
  }
  if (const auto* table = value.get_if<Value::Table>()) {
    for (const auto& entry : *table) strings_of(entry.second, names);
  }
}

Names called_by(const PipelineRecipe& pipeline) {
  Names names;
  for (const CallStep& step : pipeline.steps) names.insert(step.instance);
  return names;
}

class Shortening {
 public:
  Shortening(const Recipe& recipe, const std::string& message)
      : recipe_(recipe), message_(message), tree_(recipe.resolved) {}

  // Evaluations during training stay: they may call the instances that feed it.
  void cut_evaluations() {
    Names measured;  // pipelines of those that are cut
    Names used = {recipe_.run.pipeline};
    for (const Evaluation& evaluation : recipe_.evaluations) {
      if (evaluation.every > 0) {
        used.insert(evaluation.pipeline);
        continue;
      }
      measured.insert(evaluation.pipeline);
      for (const auto& variant : evaluation.variants) {
        for (const auto& [instance, instead] : variant.use) cuttable_.insert(instead);
      }
      erase(tree_, "evaluations", evaluation.name);
    }
    for (const PipelineRecipe& pipeline : recipe_.pipelines) {
      if (!measured.contains(pipeline.name) || used.contains(pipeline.name)) continue;
      cuttable_.merge(called_by(pipeline));
      erase(tree_, "pipelines", pipeline.name);
    }
    cut_components();
  }

  // What manifests and the recipe's own tables have as the default.
  void cut_defaults(const Plan& plan) {
    for (const PlannedInstance& instance : plan.instances) {
      Value* table = tree_.find("components");
      table = table == nullptr ? nullptr : table->find(instance.name);
      if (table == nullptr || !table->is_table()) continue;
      for (const PlannedOption& option : instance.options) {
        if (instance.spec->option(option.key)->default_value == option.value)
          std::erase_if(table_of(*table), [&](const auto& entry) { return entry.first == option.key; });
      }
    }
    for (const char* name : {"run", "learning_rate", "checkpoints", "cache"}) cut_recipe_defaults(name);
  }

  std::string text() {
    std::erase_if(table_of(tree_), [](const auto& entry) {
      const auto* table = entry.second.template get_if<Value::Table>();
      return entry.first == "doc" || (table != nullptr && table->empty());
    });
    Recipe shorter = recipe_;
    shorter.resolved = tree_;
    return resolved_text(shorter);
  }

 private:
  // Of those that were called by what is cut; nothing that is left may name them.
  void cut_components() {
    const Value* components = tree_.find("components");
    if (components == nullptr) return;
    Names called = {recipe_.run.optimizer};
    for (const PipelineRecipe& pipeline : recipe_.pipelines) {
      if (tree_.find("pipelines")->find(pipeline.name) != nullptr) called.merge(called_by(pipeline));
    }
    Names strings;
    strings_of(tree_, strings);
    for (const std::string& name : cuttable_) {
      const bool named = strings.contains(name) || message_.find("'" + name + "'") != std::string::npos;
      if (!called.contains(name) && !named) erase(tree_, "components", name);
    }
  }

  void cut_recipe_defaults(const char* name) {
    Value* table = tree_.find(name);
    if (table == nullptr || !table->is_table()) return;
    const auto known =
        std::ranges::find_if(recipe_tables(), [&](const RecipeTable& each) { return each.name == name; });
    for (const RecipeKey& key : known->keys) {
      std::erase_if(table_of(*table), [&](const auto& entry) {
        return entry.first == key.key && entry.second.text() == key.default_value;
      });
    }
  }

  const Recipe& recipe_;
  const std::string& message_;
  Value tree_;
  Names cuttable_;
};

}  // namespace

std::string shortest_failing_recipe(const std::filesystem::path& point, const Registry& registry,
                                    bool trained, const std::string& message) {
  const Recipe recipe = load_recipe(point, {});
  Shortening shortening(recipe, message);
  // With stages, what one of them uses may come from another.
  if (!trained && recipe.stages.empty() && recipe.run.steps > 0) shortening.cut_evaluations();
  if (recipe.stages.empty()) shortening.cut_defaults(make_plan(recipe, registry));
  return shortening.text();
}

}  // namespace gistmill
