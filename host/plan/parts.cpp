// Stages and the recipe around them; see parts.hpp.
#include "host/plan/parts.hpp"

#include <fmt/format.h>

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
  for (const StageGroup& group : recipe.stage_groups) {
    std::vector<Part> turn;
    for (std::size_t i = group.first; i < group.first + group.count; ++i) {
      const Stage& stage = recipe.stages[i];
      Recipe own = as_stage_of(recipe, *stage.recipe);
      Plan plan = planner(own);
      turn.push_back({stage.name, stage.name, "", stage.take, std::move(own), std::move(plan)});
    }
    for (std::int64_t pass = 1; pass <= group.cycles; ++pass) {
      for (Part& part : turn) {
        if (group.cycles > 1) {
          part.earlier = pass > 1 ? part.name : "";
          part.name = fmt::format("{}.{}", part.stage, pass);
        }
        parts.push_back(part);
      }
    }
  }
  parts.push_back({"", "", "", Take::best_where_chosen, recipe, planner(recipe)});
  parts.back().measures = !recipe.stages.empty() && recipe.run.steps == 0;
  return parts;
}

}  // namespace gistmill
