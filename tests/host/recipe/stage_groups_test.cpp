// What a stage takes from the recipe around it, and stages that take turns.
#include <gmock/gmock.h>

#include "host/recipe/lock.hpp"
#include "recipe_files.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class StageGroups : public RecipeFiles {
 protected:
  StageGroups() {
    write("one.toml",
          "[variables]\nsize = 1\n[components]\na = { use = 'r/a', width = '${size}', depth = 2 }\n");
    write("two.toml", "[run]\nsteps = 2\n");
  }
  Recipe around(const std::string& stage, const std::string& more = "",
                const std::vector<std::string>& overrides = {}) {
    write("r.toml", "[[stage]]\nrecipe = 'one.toml'\n" + stage + more);
    return load("r.toml", overrides);
  }
};

TEST_F(StageGroups, AStageTakesOverTheVariablesThatTheRecipeShares) {
  const Recipe recipe = around("share = ['variables']\n", "[variables]\nsize = 7\n");
  EXPECT_EQ(at(*recipe.stages[0].recipe, "components.a.width"), "7");
}

TEST_F(StageGroups, ASharedTableIsMergedKeyByKey) {
  const Recipe recipe = around("share = ['components.a']\n",
                               "[variables]\nw = 9\n[components]\na = { use = 'r/a', width = '${w}' }\n");
  EXPECT_EQ(at(*recipe.stages[0].recipe, "components.a.width"), "9");
  EXPECT_EQ(at(*recipe.stages[0].recipe, "components.a.depth"), "2");
}

TEST_F(StageGroups, AnOverrideOfTheRecipeReachesTheStageThatSharesIt) {
  const Recipe recipe = around("share = ['variables']\n", "[variables]\nsize = 7\n", {"variables.size=8"});
  EXPECT_EQ(at(*recipe.stages[0].recipe, "components.a.width"), "8");
}

TEST_F(StageGroups, TheStagesOwnOverridesLieAboveWhatItTakesOver) {
  const Recipe recipe =
      around("share = ['variables']\nset = ['variables.size=5']\n", "[variables]\nsize = 7\n");
  EXPECT_EQ(at(*recipe.stages[0].recipe, "components.a.width"), "5");
}

TEST_F(StageGroups, ASharedKeyThatTheRecipeLacksIsRefusedWithTheNearest) {
  write("r.toml", "[[stage]]\nrecipe = 'one.toml'\nshare = ['variabels']\n[variables]\nsize = 7\n");
  EXPECT_THAT(failure("r.toml"),
              HasSubstr("r.toml:3:10: stage 'one' shares 'variabels', which this recipe does not have"));
  EXPECT_THAT(failure("r.toml"), HasSubstr("did you mean 'variables'?"));
}

TEST_F(StageGroups, SeveralStagesMakeOneGroup) {
  write("r.toml",
        "[[stage]]\ncycles = 3\n[[stage.stage]]\nrecipe = 'one.toml'\n[[stage.stage]]\nrecipe = 'two.toml'\n"
        "[[stage]]\nname = 'end'\nrecipe = 'two.toml'\n");
  const Recipe recipe = load("r.toml");
  ASSERT_EQ(recipe.stages.size(), 3u);
  ASSERT_EQ(recipe.stage_groups.size(), 2u);
  EXPECT_EQ(recipe.stage_groups[0].cycles, 3);
  EXPECT_EQ(recipe.stage_groups[0].count, 2u);
  EXPECT_EQ(recipe.stage_groups[1].first, 2u);
  EXPECT_EQ(recipe.stage_groups[1].cycles, 1);
}

TEST_F(StageGroups, ALockHasThemAndIsTheSameRecipe) {
  write("r.toml",
        "[[stage]]\ncycles = 3\n[[stage.stage]]\nrecipe = 'one.toml'\ntake = 'last'\n[[stage.stage]]\n"
        "recipe = 'two.toml'\n[[stage]]\nname = 'end'\ncycles = 2\nrecipe = 'two.toml'\n");
  const Recipe recipe = load("r.toml");
  write("lock.toml", lock_text(recipe, {}, ""));
  const Recipe locked = load("lock.toml");
  ASSERT_EQ(locked.stage_groups.size(), 2u) << lock_text(recipe, {}, "");
  EXPECT_EQ(locked.stage_groups[0].cycles, 3);
  EXPECT_EQ(locked.stage_groups[1].cycles, 2);
  EXPECT_EQ(locked.stages[0].take, Take::last);
  EXPECT_EQ(locked.stages[1].name, "two");
  EXPECT_EQ(lock_text(locked, {}, ""), lock_text(recipe, {}, ""));
}

TEST_F(StageGroups, TakeBestNeedsAnEvaluationThatChoosesOne) {
  write("r.toml", "[[stage]]\nrecipe = 'one.toml'\ntake = 'best'\n");
  EXPECT_THAT(failure("r.toml"),
              HasSubstr("r.toml:1:1: stage 'one' has take = \"best\", but no evaluation of its "
                        "recipe chooses a best checkpoint, and no monitor looks on"));
  write("watched.toml", "[run]\nsteps = 1\nmonitors = ['average']\n");
  write("r.toml", "[[stage]]\nrecipe = 'watched.toml'\ntake = 'best'\n");
  EXPECT_EQ(load("r.toml").stages[0].take, Take::best) << "a monitor may mark it";
  write("r.toml", "[[stage]]\nrecipe = 'one.toml'\ntake = 'frist'\n");
  EXPECT_THAT(failure("r.toml"), HasSubstr("stage.take is \"frist\" when it should be \"last\" or \"best\""));
}

TEST_F(StageGroups, CyclesOfOneStageOfAGroupAreRefused) {
  write("r.toml", "[[stage]]\n[[stage.stage]]\nrecipe = 'one.toml'\ncycles = 2\n");
  EXPECT_THAT(failure("r.toml"), HasSubstr("r.toml:4:1: unknown key 'cycles' in [[stage.stage]]"));
  write("r.toml", "[[stage]]\nrecipe = 'one.toml'\ncycles = 0\n");
  EXPECT_THAT(failure("r.toml"), HasSubstr("stage.cycles is 0 when it should be at least 1"));
}

}  // namespace
}  // namespace gistmill
