// Specification of --set: key=value as the uppermost layer.
#include "recipe_files.hpp"

namespace gistmill {
namespace {

class Overrides : public RecipeFiles {
 protected:
  Overrides() {
    write("r.toml",
          "[variables]\nmodel = 'a.gguf'\n[components.gist]\nuse = 'gistnet/refine'\nwidth = 512\n"
          "file = '${model}'\n");
  }

  // components.gist.x after --set components.gist.x=<value>
  std::string taken(const std::string& value) {
    return at(load("r.toml", {"components.gist.x=" + value}), "components.gist.x");
  }
};

TEST_F(Overrides, TakeTomlValuesOfEveryType) {
  EXPECT_EQ(taken("256"), "256");
  EXPECT_EQ(taken("1e-3"), "0.001");
  EXPECT_EQ(taken("true"), "true");
  EXPECT_EQ(taken("\"a b\""), "\"a b\"");
  EXPECT_EQ(taken("[1, 2]"), "[1, 2]");
  EXPECT_EQ(taken("{ a = 1 }"), "{ a = 1 }");
  EXPECT_EQ(taken(" 7 "), "7");
}

TEST_F(Overrides, TakeTextThatIsNotTomlAsAString) {
  EXPECT_EQ(taken("gistnet/mean"), "\"gistnet/mean\"");
  EXPECT_EQ(taken("data/a b.gguf"), "\"data/a b.gguf\"");
  EXPECT_EQ(taken("1.2.3"), "\"1.2.3\"");
  EXPECT_EQ(taken("2024-01-01"), "\"2024-01-01\"");
  EXPECT_EQ(taken("a=b"), "\"a=b\"");
  EXPECT_EQ(taken("${model}"), "\"a.gguf\"");
}

TEST_F(Overrides, ReachVariables) {
  EXPECT_EQ(at(load("r.toml", {"variables.model=b.gguf"}), "components.gist.file"), "\"b.gguf\"");
}

TEST_F(Overrides, OfTheSameKeyReplaceEarlierOnes) {
  EXPECT_EQ(load("r.toml", {"run.steps=1", "run.steps=2"}).run.steps, 2);
}

TEST_F(Overrides, OfUseDropTheOldOptionsButNoOtherOverride) {
  for (const auto& order :
       {std::vector<std::string>{"components.gist.use=gistnet/mean", "components.gist.scale=2"},
        std::vector<std::string>{"components.gist.scale=2", "components.gist.use=gistnet/mean"}}) {
    const Recipe recipe = load("r.toml", order);
    EXPECT_EQ(recipe.component("gist")->use, "gistnet/mean");
    EXPECT_EQ(recipe.component("gist")->options.text(), "{ scale = 2 }");
  }
}

TEST_F(Overrides, TakeQuotedKeys) {
  EXPECT_EQ(at(load("r.toml", {"components.gist.'a=b'=3"}), "components.gist.a=b"), "3");
}

TEST_F(Overrides, MakeMissingTables) {
  EXPECT_EQ(load("r.toml", {"checkpoints.keep=5"}).checkpoints.keep, 5);
}

TEST_F(Overrides, AreShownAsThePlaceOfTheirErrors) {
  EXPECT_EQ(failure("r.toml", {"run.stepz=3"}),
            "--set run.stepz=3: unknown key 'stepz' in [run]\n"
            "  did you mean 'steps'? [run] takes: call_seconds clip device items loggers micro_steps minutes "
            "monitors optimizer pipeline "
            "prepared seed steps threads");
  EXPECT_EQ(failure("r.toml", {"run.steps=many"}),
            "--set run.steps=many: run.steps is a string when it should be an integer");
}

TEST_F(Overrides, OfAnUnknownVariableAreRefused) {
  EXPECT_EQ(failure("r.toml", {"variables.modle=x"}),
            "--set variables.modle=x: no layer defines or uses variable 'modle'\n"
            "  did you mean 'model'? [variables] takes: model");
}

TEST_F(Overrides, MayGiveAVariableThatIsOnlyUsed) {
  write("open.toml", "doc = '${title}'\n");
  EXPECT_EQ(load("open.toml", {"variables.title=x"}).doc, "x");
}

class StageOverrides : public RecipeFiles {
 protected:
  StageOverrides() {
    write("one.toml", "[run]\nsteps = 1\n");
    write("r.toml",
          "[[stage]]\nname = 'refine'\nrecipe = 'one.toml'\nset = ['run.steps=2']\n"
          "[[stage]]\nname = 'mean'\nrecipe = 'one.toml'\n");
  }
};

TEST_F(StageOverrides, AreHandedOnAboveTheStagesOwn) {
  const Recipe recipe = load("r.toml", {"stage.refine.run.steps=3", "run.seed=5", "stage.*.doc=a.b"});
  EXPECT_EQ(recipe.stages[0].overrides, (std::vector<std::string>{"run.steps=2", "run.steps=3", "doc=a.b"}));
  EXPECT_EQ(recipe.stages[1].overrides, std::vector<std::string>{"doc=a.b"});
  EXPECT_EQ(recipe.run.seed, 5);
  EXPECT_EQ(recipe.stages[0].recipe->run.steps, 3);
}

TEST_F(StageOverrides, OfAnUnknownStageAreRefused) {
  EXPECT_EQ(failure("r.toml", {"stage.refien.run.steps=3"}),
            "--set stage.refien.run.steps=3: unknown stage 'refien'\n"
            "  did you mean 'refine'? the recipe takes: mean refine");
  EXPECT_EQ(failure("one.toml", {"stage.*.run.steps=3"}),
            "--set stage.*.run.steps=3: the recipe has no stages");
}

TEST_F(StageOverrides, NeedAKeyOfTheStage) {
  for (const char* text : {"stage.refine=3", "stage.refine", "stage.refine=a.b"}) {
    EXPECT_EQ(failure("r.toml", {text}, ExitCode::usage),
              std::string("--set ") + text +
                  ": it names a stage but no key\n"
                  "  write it as stage.<name>.<key>=<value>, or stage.*.<key>=<value> for every stage");
  }
}

struct Malformed {
  const char* text;
  const char* message;
};

class MalformedOverride : public RecipeFiles, public ::testing::WithParamInterface<Malformed> {};

TEST_P(MalformedOverride, IsAnErrorOfTheCommandLine) {
  write("r.toml", "");
  EXPECT_EQ(failure("r.toml", {GetParam().text}, ExitCode::usage),
            std::string("--set ") + GetParam().text + ": " + GetParam().message);
}

constexpr const char* kKey = "the key is malformed\n  write it as key=value, as in components.gist.width=256";
constexpr const char* kValue =
    "the value is missing\n  for an empty string write '\"\"', quoted for the shell as well";

INSTANTIATE_TEST_SUITE_P(
    Table, MalformedOverride,
    ::testing::Values(
        Malformed{"run.steps", "it lacks '='\n  write it as key=value, as in components.gist.width=256"},
        Malformed{"=3", kKey}, Malformed{"run.=3", kKey}, Malformed{".run=3", kKey}, Malformed{"a b=3", kKey},
        Malformed{"[run]\nsteps=3", kKey}, Malformed{"run.steps=", kValue}, Malformed{"run.steps=  ", kValue},
        Malformed{"run.loggers=[a]",
                  "the value is malformed: error while parsing value: could not determine value type\n"
                  "  the value is TOML, and the shell takes quotes away: put single quotes around it all"}));

}  // namespace
}  // namespace gistmill
