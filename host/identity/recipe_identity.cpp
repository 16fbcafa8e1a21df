#include "host/identity/recipe_identity.hpp"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string_view>
#include <utility>

#include "host/files/digest.hpp"
#include "host/recipe/stage_schema.hpp"

namespace gistmill {
namespace {

using Names = std::set<std::string, std::less<>>;

Value::Table& table_of(Value& value) { return std::get<Value::Table>(value.data()); }

void erase_keys(Value& value, std::initializer_list<std::string_view> keys) {
  std::erase_if(table_of(value),
                [&](const auto& entry) { return std::ranges::find(keys, entry.first) != keys.end(); });
}

// Instances of the recipe's own that its pipelines, their variants or training call.
Names called_by(const Recipe& recipe) {
  Names names = {recipe.run.optimizer};
  names.insert(recipe.run.monitors.begin(), recipe.run.monitors.end());
  for (const PipelineRecipe& pipeline : recipe.pipelines) {
    for (const CallStep& step : pipeline.steps) names.insert(step.instance);
  }
  for (const Evaluation& evaluation : recipe.evaluations) {
    for (const Evaluation::Variant& variant : evaluation.variants) {
      for (const auto& [instance, instead] : variant.use) names.insert(instead);
    }
  }
  return names;
}

// Instances of `stage` that components of the recipe are taken from.
Names taken_from(const std::string& stage, const Recipe& recipe) {
  Names names;
  for (const ComponentUse& component : recipe.components) {
    if (component.from.rfind(stage + ".", 0) == 0) names.insert(component.from.substr(stage.size() + 1));
  }
  return names;
}

// `taken`: instances that another recipe takes from this one.
Value deciding_tree(const Recipe& recipe, const Names& taken) {
  Value tree = recipe.resolved;
  erase_keys(tree, {"doc", "variables", "plugins", "lock", "cache"});
  if (recipe.run.monitors.empty()) erase_keys(tree, {"checkpoints"});
  // A monitor may go back to one: then it matters where they are.
  if (Value* checkpoints = tree.find("checkpoints")) erase_keys(*checkpoints, {"keep"});
  if (Value* run = tree.find("run"))
    erase_keys(*run, {"call_seconds", "device", "loggers", "prepared", "threads"});
  if (Value* pipelines = tree.find("pipelines")) {
    for (auto& entry : table_of(*pipelines)) erase_keys(entry.second, {"cache"});
  }
  if (Value* components = tree.find("components")) {
    for (auto& entry : table_of(*components)) erase_keys(entry.second, {"isolate"});
    const Names called = called_by(recipe);
    std::erase_if(table_of(*components), [&](const auto& entry) {
      return called.count(entry.first) == 0 && taken.count(entry.first) == 0;
    });
  }
  if (Value* stages = tree.find("stage")) {
    stages->data() = written_stages(recipe, [&](const Stage& stage) {
      return deciding_tree(*stage.recipe, taken_from(stage.name, recipe));
    });
  }
  // A table that held nothing else is as if it had not been there.
  std::erase_if(table_of(tree), [](const auto& entry) {
    const auto* table = entry.second.template get_if<Value::Table>();
    return table != nullptr && table->empty();
  });
  return tree;
}

// A lock has the keys of its recipe in another order.
void sort_keys(Value& value) {
  if (auto* table = std::get_if<Value::Table>(&value.data())) {
    std::ranges::sort(*table, {}, &Value::Table::value_type::first);
    for (auto& entry : *table) sort_keys(entry.second);
  } else if (auto* list = std::get_if<Value::List>(&value.data())) {
    for (Value& item : *list) sort_keys(item);
  }
}

}  // namespace

std::string recipe_identity(const Recipe& recipe) {
  Value tree = deciding_tree(recipe, {});
  sort_keys(tree);
  return sha256_hex(tree.text());
}

}  // namespace gistmill
