#include "host/recipe/stage_schema.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "host/diagnostic/did_you_mean.hpp"
#include "host/recipe/fields.hpp"
#include "host/recipe/layers.hpp"
#include "host/recipe/names.hpp"
#include "host/recipe/overrides.hpp"
#include "host/recipe/recipe_keys.hpp"
#include "host/recipe/variables.hpp"

namespace gistmill {
namespace {

// Every pass is planned and saved; more are a typing error.
constexpr std::int64_t kMostCycles = 1000;

// A relative name counts from the file that gives it; one of an override from the working folder.
std::filesystem::path stage_file(const std::string& written, const Origin& origin) {
  const std::filesystem::path folder =
      origin.line == 0 ? std::filesystem::path() : std::filesystem::path(origin.file).parent_path();
  std::filesystem::path file = std::filesystem::absolute(folder / written).lexically_normal();
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    throw Failure(ExitCode::recipe, origin, fmt::format("the stage's recipe '{}' does not exist", written),
                  {fmt::format("looked for {}", (folder / written).lexically_normal().string())});
  }
  return file;
}

Take read_take(const Fields& fields) {
  const std::string take = fields.string("take", "");
  if (take.empty()) return Take::best_where_chosen;
  if (take == "last") return Take::last;
  if (take == "best") return Take::best;
  fields.refuse(*fields.find("take"), "take", "\"last\" or \"best\"");
}

Stage read_stage(const Fields& fields, const Origin& origin) {
  Stage stage;
  stage.origin = origin;
  const Value& recipe = fields.required("recipe");
  if (recipe.is_table()) {
    if (const Value* extends = recipe.find("extends")) {
      throw Failure(ExitCode::recipe, place_of(*extends), "a recipe within a recipe cannot extend another",
                    {"write it to a file of its own: recipe = \"stage.toml\""});
    }
    stage.inner = recipe;
    stage.name = fields.string("name");
  } else {
    stage.file = stage_file(fields.string("recipe"), recipe.origin());
    stage.name = fields.string("name", stage.file.stem().string());
  }
  stage.overrides = fields.strings("set");
  const std::vector<std::string> shared = fields.strings("share");
  for (std::size_t i = 0; i < shared.size(); ++i)
    stage.share.emplace_back(shared[i], (*fields.list("share"))[i].origin());
  stage.take = read_take(fields);
  const Value* name = fields.find("name");
  expect_name(stage.name, "[[stage]]", name != nullptr ? name->origin() : recipe.origin());
  return stage;
}

void add_stage(Stage stage, Recipe& recipe) {
  if (std::ranges::find(recipe.stages, stage.name, &Stage::name) != recipe.stages.end()) {
    throw Failure(ExitCode::recipe, stage.origin, fmt::format("two stages have the name '{}'", stage.name),
                  {"give each a name of its own: name = \"...\""});
  }
  recipe.stages.push_back(std::move(stage));
}

// A stage, or several that take turns.
void read_group(const Value& value, Recipe& recipe) {
  const bool several = value.is_table() && value.find("stage") != nullptr;
  const Fields fields(value, "stage", "[[stage]]", keys_of(several ? "stage (a group)" : "stage"),
                      ExitCode::recipe);
  StageGroup group;
  group.first = recipe.stages.size();
  group.cycles = fields.integer("cycles", 1, 1);
  if (group.cycles > kMostCycles)
    fields.refuse(*fields.find("cycles"), "cycles", fmt::format("at most {}", kMostCycles));
  if (several) {
    for (const Value& inner : *fields.list("stage")) {
      std::vector<std::string> keys = keys_of("stage");
      std::erase(keys, "cycles");  // the group's
      add_stage(
          read_stage(Fields(inner, "stage.stage", "[[stage.stage]]", keys, ExitCode::recipe), inner.origin()),
          recipe);
    }
  } else {
    add_stage(read_stage(fields, value.origin()), recipe);
  }
  group.count = recipe.stages.size() - group.first;
  if (group.count == 0) fields.refuse(*fields.find("stage"), "stage", "a list of one stage or more");
  recipe.stage_groups.push_back(group);
}

}  // namespace

void read_stages(const Value::List& list, Recipe& recipe) {
  for (const Value& value : list) read_group(value, recipe);
}

Value shared_layer(const Stage& stage, const Value& around) {
  Value layer(Value::Table{}, stage.origin);
  for (const auto& [key, origin] : stage.share) {
    const std::vector<std::string> path = parse_key(key, origin, ExitCode::recipe);
    const Value* value = &around;
    for (std::size_t i = 0; i < path.size() && value != nullptr; ++i) {
      const Value* inner = value->is_table() ? value->find(path[i]) : nullptr;
      if (inner == nullptr) {
        std::vector<std::string> names;
        if (value->is_table()) {
          for (const auto& entry : entries_of(*value)) names.push_back(entry.first);
        }
        throw Failure(ExitCode::recipe, origin,
                      fmt::format("stage '{}' shares '{}', which this recipe does not have", stage.name, key),
                      did_you_mean(path[i], names));
      }
      value = inner;
    }
    Value shared = *value;
    for (auto name = path.rbegin(); name != path.rend(); ++name) {
      Value table(Value::Table{}, origin);
      table.set_key_origin(origin);
      std::get<Value::Table>(table.data()).emplace_back(*name, std::move(shared));
      shared = std::move(table);
    }
    merge_plainly(layer, std::move(shared));
  }
  escape_variables(layer);  // they were filled in around it
  return layer;
}

Value::List written_stages(const Recipe& recipe, const std::function<Value(const Stage&)>& tree_of) {
  const auto written = [&](const Stage& stage) {
    Value::Table table;
    table.emplace_back("name", Value(stage.name, {}));
    if (stage.take != Take::best_where_chosen)
      table.emplace_back("take", Value(std::string(stage.take == Take::last ? "last" : "best"), {}));
    table.emplace_back("recipe", tree_of(stage));
    return Value(std::move(table), {});
  };
  Value::List list;
  for (const StageGroup& group : recipe.stage_groups) {
    Value::List stages;
    for (std::size_t i = 0; i < group.count; ++i) stages.push_back(written(recipe.stages[group.first + i]));
    Value entry(Value::Table{}, {});
    if (group.count == 1) {
      entry = std::move(stages.front());
    } else {
      std::get<Value::Table>(entry.data()).emplace_back("stage", Value(std::move(stages), {}));
    }
    auto& table = std::get<Value::Table>(entry.data());
    if (group.cycles > 1) table.emplace(table.begin(), "cycles", Value(group.cycles, {}));
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace gistmill
