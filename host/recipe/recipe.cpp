// Layers, overrides, variables, fragments, schema: in this order, so that an override reaches a variable and
// an insertion what a fragment holds. Then stages.
#include "host/recipe/recipe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/recipe/fragments.hpp"
#include "host/recipe/layers.hpp"
#include "host/recipe/overrides.hpp"
#include "host/recipe/parsed_files.hpp"
#include "host/recipe/schema.hpp"
#include "host/recipe/stage_schema.hpp"
#include "host/recipe/variables.hpp"

namespace gistmill {
namespace {

constexpr std::string_view kStage = "stage.";

bool is_for_stages(const std::string& text) { return text.rfind(kStage, 0) == 0; }

// "stage.refine.run.steps=10": hands "run.steps=10" to stage refine; "stage.*." to all of them.
void hand_on(const std::string& text, std::vector<Stage>& stages) {
  const std::string_view rest = std::string_view(text).substr(kStage.size());
  const std::size_t dot = rest.find('.');
  const std::string name(rest.substr(0, dot));
  const Origin origin{kOverridePrefix + text, 0, 0};
  if (dot == std::string_view::npos || rest.find('=') < dot) {
    throw Failure(ExitCode::usage, origin, "it names a stage but no key",
                  {"write it as stage.<name>.<key>=<value>, or stage.*.<key>=<value> for every stage"});
  }
  bool found = false;
  for (Stage& stage : stages) {
    if (name != "*" && name != stage.name) continue;
    stage.overrides.emplace_back(rest.substr(dot + 1));
    found = true;
  }
  if (found) return;
  std::vector<std::string> names;
  for (const Stage& stage : stages) names.push_back(stage.name);
  if (names.empty()) throw Failure(ExitCode::recipe, origin, "the recipe has no stages");
  throw Failure(ExitCode::recipe, origin, fmt::format("unknown stage '{}'", name),
                {suggestion(name, "the recipe", std::move(names))});
}

// One load: the recipe, and the recipes of its stages before it is returned.
class Loader {
 public:
  explicit Loader(ParsedFiles& files) : files_(files) {}

  // `shared`: a layer between the files and the overrides; may be empty.
  Recipe load(const std::filesystem::path& path, Value shared, const std::vector<std::string>& overrides,
              const Origin& named_at) {
    enter(path, named_at);
    Value layers = read_layers(path, named_at, files_);
    merge_layer(layers, std::move(shared));
    Recipe recipe = resolve(path, std::move(layers), overrides);
    open_.pop_back();
    return recipe;
  }

 private:
  Recipe resolve(const std::filesystem::path& path, Value layers, const std::vector<std::string>& overrides) {
    std::vector<std::string> own;
    for (const std::string& text : overrides) {
      if (!is_for_stages(text)) own.push_back(text);
    }
    std::vector<Value> above = override_layers(own);
    Recipe recipe;
    recipe.path = path;
    recipe.resolved = std::move(layers);
    for (Value& layer : above) merge_layer(recipe.resolved, std::move(layer));
    substitute_variables(recipe.resolved);
    expand_fragments(recipe.resolved);
    read_schema(recipe);
    for (const std::string& text : overrides) {
      if (is_for_stages(text)) hand_on(text, recipe.stages);
    }
    for (Stage& stage : recipe.stages) {
      stage.recipe = std::make_shared<const Recipe>(load_stage(stage, shared_layer(stage, recipe.resolved)));
      expect_best(stage);
    }
    return recipe;
  }

  static void expect_best(const Stage& stage) {
    const auto chooses = [](const Evaluation& evaluation) { return !evaluation.best.empty(); };
    if (stage.take != Take::best || std::ranges::any_of(stage.recipe->evaluations, chooses)) return;
    if (!stage.recipe->run.monitors.empty()) return;  // one of them may mark the best
    throw Failure(
        ExitCode::recipe, stage.origin,
        fmt::format("stage '{}' has take = \"best\", but no evaluation of its recipe chooses a best "
                    "checkpoint, and no monitor looks on",
                    stage.name),
        {"add best = \"...\" and every = ... to one of its evaluations, or remove take"});
  }

  Recipe load_stage(const Stage& stage, Value shared) {
    if (!stage.file.empty()) return load(stage.file, std::move(shared), stage.overrides, stage.origin);
    // Its variables were filled in with those around it; what is left of "${" is meant literally.
    Value layers = stage.inner;
    escape_variables(layers);
    merge_layer(layers, std::move(shared));
    const std::string path = fmt::format("{} (stage {})", stage.origin.file, stage.name);
    return resolve(path, std::move(layers), stage.overrides);
  }

  void enter(const std::filesystem::path& path, const Origin& named_at) {
    const std::filesystem::path identity = std::filesystem::absolute(path).lexically_normal();
    const auto same = std::find(open_.begin(), open_.end(), identity);
    if (same != open_.end()) {
      throw Failure(ExitCode::recipe, named_at, fmt::format("{} is a stage of itself", path.string()));
    }
    open_.push_back(identity);
  }

  ParsedFiles& files_;
  std::vector<std::filesystem::path> open_;  // from the recipe down to the stage being loaded
};

}  // namespace

const ComponentUse* Recipe::component(std::string_view name) const {
  for (const ComponentUse& component : components) {
    if (component.name == name) return &component;
  }
  return nullptr;
}

const PipelineRecipe* Recipe::pipeline(std::string_view name) const {
  for (const PipelineRecipe& pipeline : pipelines) {
    if (pipeline.name == name) return &pipeline;
  }
  return nullptr;
}

Recipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  ParsedFiles files;
  return load_recipe(path, overrides, files);
}

Recipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides,
                   ParsedFiles& files) {
  return Loader(files).load(path, Value(), overrides, Origin{});
}

}  // namespace gistmill
