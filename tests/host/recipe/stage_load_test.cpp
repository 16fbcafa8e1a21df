// Stages are loaded with the recipe that names them: each file is parsed once, nothing is read later.
#include "host/recipe/lock.hpp"
#include "host/recipe/parsed_files.hpp"
#include "recipe_files.hpp"

namespace gistmill {
namespace {

class StageLoad : public RecipeFiles {
 protected:
  StageLoad() {
    write("base.toml", "[run]\nsteps = 1\n");
    write("one.toml", "extends = 'base.toml'\n[run]\nseed = 1\n");
    write("two.toml", "extends = 'base.toml'\n[run]\nseed = 2\n");
    write("r.toml",
          "extends = 'base.toml'\n[[stage]]\nrecipe = 'one.toml'\n[[stage]]\nrecipe = 'two.toml'\n"
          "[[stage]]\nname = 'again'\nrecipe = 'one.toml'\nset = ['run.steps=5']\n");
  }
};

TEST_F(StageLoad, ParsesEachFileOnce) {
  ParsedFiles files;
  const Recipe recipe = load_recipe(folder_ / "r.toml", {}, files);
  EXPECT_EQ(files.count(), 4u) << "r, base, one, two";
  EXPECT_EQ(recipe.stages.at(2).recipe->run.seed, 1);
  EXPECT_EQ(recipe.stages.at(2).recipe->run.steps, 5);
  EXPECT_EQ(recipe.stages.at(0).recipe->run.steps, 1) << "one parsed tree serves both, overrides do not leak";
}

TEST_F(StageLoad, OfTheQuickstartParsesItsFilesOnce) {
  ParsedFiles files;
  load_recipe(std::filesystem::path(GISTMILL_SOURCE_DIR) / "recipes/gistnet/quickstart.toml", {}, files);
  EXPECT_EQ(files.count(), 8u) << "quickstart, base, four parts, refine, contextual";
}

TEST_F(StageLoad, FindsAFileAgainUnderARelativeName) {
  const std::filesystem::path relative = std::filesystem::relative(folder_ / "r.toml");
  ParsedFiles files;
  load_recipe(relative, {}, files);
  EXPECT_EQ(files.count(), 4u) << "stages are named absolutely, layers as the recipe was";
}

TEST_F(StageLoad, NeedsNoFileAfterwards) {
  const Recipe recipe = load("r.toml");
  const std::string before = lock_text(recipe, {}, "");
  std::filesystem::remove_all(folder_);
  EXPECT_EQ(lock_text(recipe, {}, ""), before);
  EXPECT_EQ(recipe.stages.at(1).recipe->run.seed, 2);
}

TEST_F(StageLoad, RefusesARecipeThatIsAStageOfItself) {
  write("r.toml", "[[stage]]\nrecipe = 'r.toml'\n");
  EXPECT_EQ(failure("r.toml"), "r.toml:1:1: r.toml is a stage of itself\n    1 | [[stage]]\n      | ^");
}

TEST_F(StageLoad, RefusesStagesThatNameEachOther) {
  write("r.toml", "[[stage]]\nrecipe = 'other.toml'\n");
  write("other.toml", "[[stage]]\nrecipe = 'r.toml'\n");
  EXPECT_EQ(failure("r.toml"), "other.toml:1:1: r.toml is a stage of itself\n    1 | [[stage]]\n      | ^");
}

}  // namespace
}  // namespace gistmill
