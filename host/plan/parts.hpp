// What a recipe runs in turn: its stages, then the recipe itself. Each part is planned once, here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/recipe/recipe.hpp"

namespace gistmill {

struct Part {
  std::string name;   // the stage's, with the number of the pass where it runs more than once: "b1", "b1.2";
                      // empty: the recipe itself
  std::string stage;  // without that number
  std::string earlier;  // name of the pass before this one; empty: there is none
  Take take = Take::best_where_chosen;
  Recipe recipe;
  Plan plan;              // sizes that only instances know are not bound yet
  bool measures = false;  // the recipe itself after its stages, where it trains nothing: no stage of the run
};

// Plans one recipe: make_plan with what it needs.
using Planner = std::function<Plan(const Recipe&)>;

// The stages in their order, every pass of a group that runs several times, then the recipe itself. An
// evaluation of the whole recipe takes the place of a stage's of the same name that would run at the stage's
// end. Throws Failure as make_plan.
std::vector<Part> parts_of(const Recipe& recipe, const Planner& planner);

}  // namespace gistmill
