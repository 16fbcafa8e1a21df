// Specification of `extends`: what lies above what, and what is kept of the layers below.
#include "recipe_files.hpp"

namespace gistmill {
namespace {

class Layers : public RecipeFiles {};

TEST_F(Layers, MergeTablesKeyByKeyAndTheUpperWins) {
  write("base.toml", "[run]\nsteps = 600\nseed = 1\n[learning_rate]\npeak = 0.001\n");
  write("mine.toml", "extends = \"base.toml\"\n[run]\nsteps = 10\n");
  const Recipe recipe = load("mine.toml");
  EXPECT_EQ(recipe.run.steps, 10);
  EXPECT_EQ(recipe.run.seed, 1);
  EXPECT_EQ(recipe.learning_rate.peak, 0.001);
  EXPECT_EQ(at(recipe, "extends"), "nothing");
}

TEST_F(Layers, KeepTheValueThatWasOverriddenWithItsPlace) {
  write("a.toml", "[run]\nsteps = 1\n");
  write("b.toml", "extends = 'a.toml'\n[run]\nsteps = 2\n");
  write("c.toml", "extends = 'b.toml'\n\n[run]\nsteps = 3\n");
  const Recipe recipe = load("c.toml", {"run.steps=4"});
  const Value& steps = *recipe.resolved.find("run")->find("steps");
  EXPECT_EQ(steps.text() + " " + steps.origin().text(), "4 --set run.steps=4");
  ASSERT_EQ(steps.overridden().size(), 3u);
  EXPECT_EQ(without_folder(steps.overridden()[0].origin().text()), "c.toml:4:9");
  EXPECT_EQ(without_folder(steps.overridden()[1].origin().text()), "b.toml:3:9");
  EXPECT_EQ(without_folder(steps.overridden()[2].key_origin().text()), "a.toml:2:1");
}

TEST_F(Layers, OfAListAreMergedInItsOrder) {
  write("a.toml", "[run]\nsteps = 1\nseed = 1\n");
  write("b.toml", "[run]\nsteps = 2\n");
  write("c.toml", "extends = ['a.toml', 'b.toml']\n");
  const Recipe recipe = load("c.toml");
  EXPECT_EQ(recipe.run.steps, 2);
  EXPECT_EQ(recipe.run.seed, 1);
}

TEST_F(Layers, AreNamedRelativeToTheFileThatNamesThem) {
  write("deep/base/a.toml", "[run]\nsteps = 7\n");
  write("deep/b.toml", "extends = 'base/a.toml'\n");
  write("mine/c.toml", "extends = '../deep/b.toml'\n");
  const Recipe recipe = load("mine/c.toml");
  EXPECT_EQ(recipe.run.steps, 7);
  EXPECT_EQ(without_folder(recipe.resolved.find("run")->origin().file), "deep/base/a.toml");
}

TEST_F(Layers, MayBeReachedTwice) {
  write("a.toml", "[run]\nsteps = 7\n");
  write("b.toml", "extends = 'a.toml'\n");
  write("c.toml", "extends = ['a.toml', 'b.toml']\n");
  EXPECT_EQ(load("c.toml").run.steps, 7);
}

TEST_F(Layers, ReplaceListsWhole) {
  write("a.toml", "[run]\nloggers = ['x', 'y']\n");
  write("b.toml", "extends = 'a.toml'\n[run]\nloggers = ['z']\n");
  EXPECT_EQ(load("b.toml").run.loggers, std::vector<std::string>{"z"});
}

TEST_F(Layers, KeepOptionsWhereTheComponentStaysTheSame) {
  write("a.toml", "[components]\ngist = { use = 'gistnet/refine', width = 512, heads = 8 }\n");
  write("b.toml", "extends = 'a.toml'\n[components.gist]\nuse = 'gistnet/refine'\nwidth = 256\n");
  EXPECT_EQ(at(load("b.toml"), "components.gist"), "{ use = \"gistnet/refine\", width = 256, heads = 8 }");
}

TEST_F(Layers, DropOptionsOfAnotherComponent) {
  write("a.toml",
        "[components]\ngist = { use = 'gistnet/refine', width = 512 }\nloss = { use = 'loss/kl' }\n");
  write("b.toml", "extends = 'a.toml'\n[components.gist]\nuse = 'gistnet/mean'\nscale = true\n");
  const Recipe recipe = load("b.toml");
  EXPECT_EQ(at(recipe, "components.gist"), "{ use = \"gistnet/mean\", scale = true }");
  EXPECT_EQ(recipe.components[0].name, "gist") << "the order of first appearance stays";
  const Value& gist = *recipe.resolved.find("components")->find("gist");
  ASSERT_EQ(gist.overridden().size(), 1u);
  EXPECT_EQ(gist.overridden()[0].text(), "{ use = \"gistnet/refine\", width = 512 }");
  ASSERT_EQ(gist.find("use")->overridden().size(), 1u);
  EXPECT_EQ(gist.find("use")->overridden()[0].text(), "\"gistnet/refine\"");
}

TEST_F(Layers, DropTheComponentWhereAnotherStagesIsTaken) {
  write("a.toml", "[components]\ngist = { use = 'gistnet/refine', width = 512 }\n");
  write("b.toml", "extends = 'a.toml'\n[components]\ngist = { from = 'refine.gist' }\n");
  write("c.toml", "extends = 'b.toml'\n[components]\ngist = { use = 'gistnet/mean' }\n");
  EXPECT_EQ(at(load("b.toml"), "components.gist"), "{ from = \"refine.gist\" }");
  EXPECT_EQ(at(load("c.toml"), "components.gist"), "{ use = \"gistnet/mean\" }");
}

TEST_F(Layers, MergeATableNamedUseElsewhereAsAnyOther) {
  write("a.toml", "[variables]\nset = { use = 'a', more = 1 }\n");
  write("b.toml", "extends = 'a.toml'\n[variables]\nset = { use = 'b' }\n");
  EXPECT_EQ(at(load("b.toml"), "variables.set"), "{ use = \"b\", more = 1 }");
}

TEST_F(Layers, RefuseAFileThatExtendsItself) {
  write("a.toml", "extends = 'b.toml'\n");
  write("b.toml", "doc = 'x'\nextends = 'sub/../a.toml'\n");
  EXPECT_EQ(failure("a.toml"),
            "b.toml:2:11: the recipe extends itself\n"
            "    2 | extends = 'sub/../a.toml'\n"
            "      |           ^~~~~~~~~~~~~~~\n"
            "  a.toml -> b.toml -> a.toml");
}

TEST_F(Layers, SayWhereAMissingFileIsNamed) {
  write("a.toml", "extends = ['b.toml', 'bse.toml']\n");
  write("b.toml", "");
  EXPECT_EQ(failure("a.toml"),
            "a.toml:1:22: cannot read recipe 'bse.toml': no such file or directory\n"
            "    1 | extends = ['b.toml', 'bse.toml']\n"
            "      |                      ^~~~~~~~~~");
}

TEST_F(Layers, SayThatTheRecipeItselfIsMissingOrAFolder) {
  EXPECT_EQ(failure("absent.toml"), "cannot read recipe 'absent.toml': no such file or directory");
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_EQ(failure("folder"),
            "cannot read recipe 'folder': is a directory\n"
            "  a recipe is a .toml file; the run in a folder goes on by its recipe, with --resume");
}

TEST_F(Layers, SayWhatExtendsShouldBe) {
  write("a.toml", "extends = 3\n");
  EXPECT_EQ(failure("a.toml"),
            "a.toml:1:11: extends is an integer when it should be a file name or a list of file names\n"
            "    1 | extends = 3\n"
            "      |           ^");
}

TEST_F(Layers, ShowSyntaxErrorsOfALowerLayerInItsFile) {
  write("base.toml", "[run]\nsteps = \n");
  write("a.toml", "extends = 'base.toml'\n");
  EXPECT_EQ(failure("a.toml"),
            "base.toml:2:9: error while parsing key-value pair: expected value, saw '\\n'\n"
            "    2 | steps = \n"
            "      |         ^");
}

}  // namespace
}  // namespace gistmill
