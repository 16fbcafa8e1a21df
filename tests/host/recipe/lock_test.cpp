// Specification of recipe.lock.toml: reads back to the same recipe, and records what ran it.
#include "host/recipe/lock.hpp"

#include "recipe_files.hpp"

namespace gistmill {
namespace {

class Lock : public RecipeFiles {};

TEST_F(Lock, IsTheResolvedRecipeAsToml) {
  write("base.toml", "[variables]\nn = 5\n[run]\nsteps = 1\nseed = '${n}'\n");
  write("r.toml",
        "extends = 'base.toml'\n[components]\ngist = { use = 'a/b', 'a key' = 0.5, list = ['x'] }\n"
        "[evaluations.e]\npipeline = 'p'\nvariants = [{ name = 'v 1' }, { name = 'w', use = { gist = 'd' } "
        "}]\n");
  EXPECT_EQ(lock_text(load("r.toml", {"run.steps=2"}), {{"a/b", "b.so", "1.2.3", "00ff"}}, "0.1.0"),
            R"(# The recipe as it ran: layers merged, variables filled in. Runs again as it stands.

[run]
steps = 2
seed = 5

[components]

[components.gist]
use = "a/b"
"a key" = 0.5
list = ["x"]

[evaluations]

[evaluations.e]
pipeline = "p"

[[evaluations.e.variants]]
name = "v 1"

[[evaluations.e.variants]]
name = "w"

[evaluations.e.variants.use]
gist = "d"

[lock]
host = "0.1.0"

[[lock.plugins]]
component = "a/b"
file = "b.so"
version = "1.2.3"
sha256 = "00ff"
)");
}

TEST_F(Lock, ReadsBackToTheSameRecipe) {
  write("stages/base.toml", "[variables]\nn = 'm'\n[run]\nsteps = 1\nitems = '${n}'\n");
  write("stages/one.toml",
        "extends = 'base.toml'\n[components]\nb = { use = 'a/b', x = '${n}', y = '$${n}' }\n");
  write("r.toml",
        "doc = \"\"\"two\nlines \\\" $${x}\"\"\"\n[variables]\nn = 'v'\n[components]\na-1 = { use = 'a/b', x "
        "= '${n}', "
        "e = 1e-9, n = { deep = [[1], []] } }\n[pipelines.p]\nsteps = ['a.b', { call = 'c.d', in = { x = 'y' "
        "} }]\n"
        "[pipelines.q]\nsteps = ['a.operation_with_a_long_name', 'b.operation_with_a_long_name', "
        "'c.operation_with_a_long_name', 'd.e']\n[pipelines.r]\nsteps = [{ call = 'a.b', in = { x = 'y' } }, "
        "{ call = 'c.d' }]\n[[stage]]\nrecipe = 'stages/one.toml'\nset = ['run.steps=3']\n");
  const Recipe recipe = load("r.toml", {"stage.one.variables.n=k"});
  const std::string text = lock_text(recipe, {{"a/b", "b.so", "1", "00"}}, "0.1.0");
  const Recipe stage = *recipe.stages.at(0).recipe;
  std::filesystem::remove_all(folder_ / "stages");
  write("elsewhere/recipe.lock.toml", text);
  const Recipe again = load("elsewhere/recipe.lock.toml");

  EXPECT_EQ(again.doc, "two\nlines \" ${x}");
  EXPECT_EQ(again.stages.at(0).name, "one");
  const Recipe stage_again = *again.stages.at(0).recipe;
  EXPECT_EQ(stage_again.run.steps, 3);
  EXPECT_EQ(stage_again.run.items, "k");
  EXPECT_EQ(at(stage_again, "components"), at(stage, "components"));
  EXPECT_EQ(at(stage_again, "components"), "{ b = { use = \"a/b\", x = \"k\", y = \"${n}\" } }");
  EXPECT_EQ(lock_text(stage_again, {}, ""), lock_text(stage, {}, ""));
  EXPECT_EQ(at(again, "components"), at(recipe, "components"));
  EXPECT_EQ(at(again, "pipelines"), at(recipe, "pipelines"));
  EXPECT_EQ(lock_text(again, {{"a/b", "b.so", "1", "00"}}, "0.1.0"), text);
}

TEST_F(Lock, StagesOfALockTakeOverrides) {
  write("one.toml", "[run]\nsteps = 1\n");
  write("r.toml", "[[stage]]\nrecipe = 'one.toml'\n");
  write("lock.toml", lock_text(load("r.toml"), {}, "0.1.0"));
  EXPECT_EQ(load("lock.toml", {"stage.one.run.steps=7"}).stages.at(0).recipe->run.steps, 7);
}

TEST_F(Lock, TakesOverridesButHasNoVariablesLeft) {
  write("r.toml", "[variables]\nn = 5\n[run]\nsteps = '${n}'\n");
  write("lock.toml", lock_text(load("r.toml"), {}, "0.1.0"));
  EXPECT_EQ(load("lock.toml", {"run.steps=6"}).run.steps, 6);
  EXPECT_EQ(failure("lock.toml", {"variables.n=6"}),
            "--set variables.n=6: no layer defines or uses variable 'n'\n  [variables] takes none");
}

}  // namespace
}  // namespace gistmill
