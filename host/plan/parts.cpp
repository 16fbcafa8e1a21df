// Stages and the recipe around them; see parts.hpp.
#include "host/plan/parts.hpp"

#include <algorithm>
#include <utility>

namespace gistmill {
namespace {

// A stage does not repeat at its end an evaluation that the whole recipe makes at its own.
Recipe as_stage_of(const Recipe& whole, Recipe stage) {
  std::erase_if(stage.evaluations, [&](const Evaluation& own) {
    return own.every == 0 && std::any_of(whole.evaluations.begin(), whole.evaluations.end(),
                                         [&](const Evaluation& other) { return other.name == own.name; });
  });
  return stage;
}

}  // namespace

std::vector<Part> parts_of(const Recipe& recipe, const Planner& planner) {
  std::vector<Part> parts;
  const auto add = [&](std::string name, Recipe of) {
    Plan plan = planner(of);
    parts.push_back({std::move(name), std::move(of), std::move(plan)});
  };
  for (const Stage& stage : recipe.stages) add(stage.name, as_stage_of(recipe, *stage.recipe));
  add("", recipe);
  parts.back().measures = !recipe.stages.empty() && recipe.run.steps == 0;
  return parts;
}

}  // namespace gistmill
