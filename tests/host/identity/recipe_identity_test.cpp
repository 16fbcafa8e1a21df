// Which keys of a recipe decide what a checkpoint is of.
#include "host/identity/recipe_identity.hpp"

#include "host/recipe/lock.hpp"
#include "tests/host/recipe/recipe_files.hpp"

namespace gistmill {
namespace {

class RecipeIdentity : public RecipeFiles {
 protected:
  void SetUp() override {
    write("part.toml", R"(doc = "a part"
[components]
data = { use = "test/ramp" }
scale = { use = "test/scale" }
other = { use = "test/scale" }
loss = { use = "test/half-squares" }
optimizer = { use = "optimizer/adamw" }
board = { use = "logger/tensorboard" }
[pipelines.train]
steps = ["data.next", "scale.apply", "loss.value"]
minimize = "loss"
train = ["scale"]
[evaluations.look]
pipeline = "train"
variants = [{ name = "as it is" }, { name = "other", use = { scale = "other" } }]
)");
    write("whole.toml", "extends = 'part.toml'\n[[stage]]\nname = 'one'\nrecipe = 'part.toml'\n");
  }
  std::string identity(const std::vector<std::string>& overrides, const std::string& recipe = "whole.toml") {
    return recipe_identity(load(recipe, overrides));
  }
};

TEST_F(RecipeIdentity, IgnoresWhatDoesNotChangeResults) {
  const std::string plain = identity({});
  for (const char* key :
       {"doc=more", "run.call_seconds=5", "run.threads=1", "run.device=cuda", "run.loggers=[\"board\"]",
        "run.prepared=elsewhere", "checkpoints.every=3", "checkpoints.keep=9", "cache.max_gb=1",
        "pipelines.train.cache=[\"data.next\"]", "components.board.use=logger/sqlite"}) {
    EXPECT_EQ(identity({key}), plain) << key;
    EXPECT_EQ(identity({std::string("stage.one.") + key}), plain) << "in a stage: " << key;
  }
  EXPECT_EQ(identity({"run.steps=2", "run.call_seconds=5"}), identity({"run.steps=2"}));
}

TEST_F(RecipeIdentity, ChangesWithWhatIsComputed) {
  const std::string plain = identity({});
  for (const char* key :
       {"run.steps=3", "run.minutes=5", "run.micro_steps=2", "run.seed=3", "run.clip=0.5",
        "learning_rate.peak=0.5", "components.scale.a=2.5", "components.other.a=2.5",
        "components.optimizer.beta1=0.5", "pipelines.train.minimize=y", "evaluations.look.minutes=1",
        "evaluations.look.steps=1", "evaluations.look.every=1"}) {
    EXPECT_NE(identity({key}), plain) << key;
    EXPECT_NE(identity({std::string("stage.one.") + key}), plain) << "in a stage: " << key;
  }
}

TEST_F(RecipeIdentity, HoldsMonitorsAndWithThemWhenTrainingIsSaved) {
  const std::string monitors = "run.monitors=[\"board\"]";
  EXPECT_NE(identity({monitors}), identity({}));
  EXPECT_NE(identity({monitors, "components.board.every=3"}), identity({monitors}));
  EXPECT_NE(identity({monitors, "checkpoints.every=3"}), identity({monitors}));
  EXPECT_EQ(identity({monitors, "checkpoints.keep=9"}), identity({monitors}));
}

TEST_F(RecipeIdentity, HoldsAComponentOfAStageThatOnlyAnotherRecipeTakes) {
  write("taking.toml",
        "[components]\nscale = { from = 'one.board' }\n[pipelines.train]\nsteps = ['scale.apply']\n"
        "[[stage]]\nname = 'one'\nrecipe = 'part.toml'\n");
  EXPECT_NE(identity({"stage.one.components.board.every=3"}, "taking.toml"), identity({}, "taking.toml"));
}

TEST_F(RecipeIdentity, DoesNotDependOnTheFilesThatARecipeIsMadeOf) {
  write("other/layer.toml", "extends = '../whole.toml'\n");
  EXPECT_EQ(identity({}, "other/layer.toml"), identity({}));
}

// A lock writes values before tables, and stages as the recipes that they are.
TEST_F(RecipeIdentity, IsThatOfTheLockThatARunWrites) {
  write("weighted.toml",
        "extends = 'whole.toml'\n[pipelines.again]\nminimize = { loss = 2.0 }\nsteps = ['data.next', "
        "'loss.value']\n"
        "[components.second]\noptions = { inner = 1 }\nuse = 'test/scale'\n");
  const Recipe recipe = load("weighted.toml");
  write("recipe.lock.toml", lock_text(recipe, {}, "0.1.0"));
  EXPECT_EQ(identity({}, "recipe.lock.toml"), recipe_identity(recipe));
}

}  // namespace
}  // namespace gistmill
