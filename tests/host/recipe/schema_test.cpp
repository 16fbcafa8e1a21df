// Specification of what a recipe holds: every key once, read into typed form, and the defaults.
#include "recipe_files.hpp"

namespace gistmill {
namespace {

class Schema : public RecipeFiles {};

constexpr const char* kWhole = R"(
doc = "a study"

[variables]
model = "m.gguf"

[components]
teacher = { use = "teacher/llama", model = "${model}" }
gist = { use = "gistnet/refine", width = 512, heads = [1, 2], parameters = "runs/a/checkpoints/best" }
drop = { from = "stage1.gist" }

[pipelines.train]
steps = [
  "teacher.read",
  { call = "gist.compress", in = { embeddings = "e" }, out = { gist = "g" } },
  "loss.value",
]
minimize = "loss"
train = ["gist"]

[pipelines.prepare]
steps = ["corpus.next"]

[run]
pipeline = "train"
steps = 600
micro_steps = 4
seed = -7
optimizer = "adam"
clip = 0
loggers = ["board"]
monitors = ["plateau", "guard"]
threads = 2
items = "spans"
prepared = "corpora"

[learning_rate]
peak = 3e-4
floor = 0
warmup = 20

[checkpoints]
every = 100
keep = 3

[evaluations.heldout]
pipeline = "train"
steps = 64
every = 200
best = "delta_nll.8"
reference = "dropped"
paired = "last 1"
headline = "delta_nll.32"

[[evaluations.heldout.variants]]
name = "refine"

[[evaluations.heldout.variants]]
name = "dropped"
use = { gist = "drop" }

[[evaluations.heldout.variants]]
name = "last 1"
use = { gist = "drop", teacher = "teacher" }
binding = "refine"
)";

TEST_F(Schema, ReadsComponents) {
  write("r.toml", kWhole);
  const Recipe recipe = load("r.toml");
  EXPECT_EQ(recipe.doc, "a study");
  EXPECT_EQ(recipe.path, folder_ / "r.toml");
  ASSERT_EQ(recipe.components.size(), 3u);
  const ComponentUse& gist = *recipe.component("gist");
  EXPECT_EQ(gist.use, "gistnet/refine");
  EXPECT_EQ(gist.parameters, "runs/a/checkpoints/best");
  EXPECT_EQ(gist.options.text(), "{ width = 512, heads = [1, 2] }");
  EXPECT_EQ(without_folder(gist.origin.text()), "r.toml:9:1");
  EXPECT_EQ(without_folder(gist.use_origin.text()), "r.toml:9:16");
  EXPECT_EQ(recipe.component("teacher")->options.text(), "{ model = \"m.gguf\" }");
  EXPECT_EQ(recipe.component("drop")->from, "stage1.gist");
  EXPECT_EQ(recipe.component("drop")->use, "");
  EXPECT_EQ(recipe.component("absent"), nullptr);
}

TEST_F(Schema, ReadsPipelines) {
  write("r.toml", kWhole);
  const Recipe recipe = load("r.toml");
  const PipelineRecipe& train = *recipe.pipeline("train");
  ASSERT_EQ(train.steps.size(), 3u);
  EXPECT_EQ(train.steps[0].instance, "teacher");
  EXPECT_EQ(train.steps[0].operation, "read");
  EXPECT_EQ(without_folder(train.steps[0].origin.text()), "r.toml:14:3");
  EXPECT_EQ(train.steps[1].operation, "compress");
  ASSERT_EQ(train.steps[1].in.size(), 1u);
  EXPECT_EQ(train.steps[1].in[0].port, "embeddings");
  EXPECT_EQ(train.steps[1].in[0].slot, "e");
  EXPECT_EQ(without_folder(train.steps[1].in[0].origin.text()), "r.toml:15:36");
  ASSERT_EQ(train.steps[1].out.size(), 1u);
  EXPECT_EQ(train.steps[1].out[0].slot, "g");
  ASSERT_EQ(train.minimize.size(), 1u);
  EXPECT_EQ(train.minimize[0].slot, "loss");
  EXPECT_EQ(train.minimize[0].weight, 1.0);
  EXPECT_EQ(without_folder(train.minimize_origin.text()), "r.toml:18:12");
  ASSERT_EQ(train.train.size(), 1u);
  EXPECT_EQ(train.train[0].first, "gist");
  EXPECT_EQ(without_folder(train.train[0].second.text()), "r.toml:19:10");
  EXPECT_EQ(recipe.pipelines[1].name, "prepare");
  EXPECT_TRUE(recipe.pipelines[1].minimize.empty());
}

TEST_F(Schema, ReadsHowToRun) {
  write("r.toml", kWhole);
  const Recipe recipe = load("r.toml");
  EXPECT_EQ(recipe.run.pipeline, "train");
  EXPECT_EQ(recipe.run.steps, 600);
  EXPECT_EQ(recipe.run.micro_steps, 4);
  EXPECT_EQ(recipe.run.seed, -7);
  EXPECT_EQ(recipe.run.optimizer, "adam");
  EXPECT_EQ(recipe.run.clip, 0.0);
  EXPECT_EQ(recipe.run.loggers, std::vector<std::string>{"board"});
  EXPECT_EQ(recipe.run.monitors, (std::vector<std::string>{"plateau", "guard"}));
  EXPECT_EQ(recipe.run.threads, 2);
  EXPECT_EQ(recipe.run.items, "spans");
  EXPECT_EQ(recipe.run.prepared, "corpora");
  EXPECT_EQ(recipe.learning_rate.peak, 3e-4);
  EXPECT_EQ(recipe.learning_rate.floor, 0.0);
  EXPECT_EQ(recipe.learning_rate.warmup, 20);
  EXPECT_EQ(recipe.checkpoints.every, 100);
  EXPECT_EQ(recipe.checkpoints.keep, 3);
}

TEST_F(Schema, ReadsEvaluations) {
  write("r.toml", kWhole);
  const Recipe recipe = load("r.toml");
  ASSERT_EQ(recipe.evaluations.size(), 1u);
  const Evaluation& heldout = recipe.evaluations[0];
  EXPECT_EQ(heldout.name, "heldout");
  EXPECT_EQ(heldout.pipeline, "train");
  EXPECT_EQ(heldout.steps, 64);
  EXPECT_EQ(heldout.every, 200);
  EXPECT_EQ(heldout.best, "delta_nll.8");
  EXPECT_EQ(heldout.reference, "dropped");
  EXPECT_EQ(heldout.paired, "last 1");
  EXPECT_EQ(heldout.headline, "delta_nll.32");
  ASSERT_EQ(heldout.variants.size(), 3u);
  EXPECT_EQ(heldout.variants[0].name, "refine");
  EXPECT_TRUE(heldout.variants[0].use.empty());
  ASSERT_EQ(heldout.variants[2].use.size(), 2u);
  EXPECT_EQ(heldout.variants[2].use[0].first, "gist");
  EXPECT_EQ(heldout.variants[2].use[0].second, "drop");
  EXPECT_EQ(heldout.variants[2].binding, "refine");
}

TEST_F(Schema, HasDefaultsForAllButComponentsAndPipelines) {
  write("r.toml", "");
  const Recipe recipe = load("r.toml");
  EXPECT_TRUE(recipe.components.empty());
  EXPECT_EQ(recipe.run.pipeline, "train");
  EXPECT_EQ(recipe.run.steps, 0);
  EXPECT_EQ(recipe.run.micro_steps, 1);
  EXPECT_EQ(recipe.run.optimizer, "optimizer");
  EXPECT_EQ(recipe.run.clip, 1.0);
  EXPECT_EQ(recipe.run.prepared, "data/prepared");
  EXPECT_EQ(recipe.learning_rate.peak, 1e-4);
  EXPECT_EQ(recipe.learning_rate.floor, 1e-6);
  EXPECT_EQ(recipe.checkpoints.keep, 2);
  EXPECT_EQ(recipe.cache.max_gb, 8.0);
}

TEST_F(Schema, ReadsWhatIsCached) {
  write("r.toml", "[pipelines.p]\nsteps = [\"a.b\"]\ncache = [\"a.b\"]\n[cache]\nmax_gb = 0.5\n");
  const Recipe recipe = load("r.toml");
  ASSERT_EQ(recipe.pipelines[0].cache.size(), 1u);
  EXPECT_EQ(recipe.pipelines[0].cache[0].first, "a.b");
  EXPECT_EQ(without_folder(recipe.pipelines[0].cache[0].second.text()), "r.toml:3:10");
  EXPECT_EQ(recipe.cache.max_gb, 0.5);
}

TEST_F(Schema, LowersTheDefaultFloorToALowPeak) {
  write("r.toml", "[learning_rate]\npeak = 1e-7\n");
  EXPECT_EQ(load("r.toml").learning_rate.floor, 1e-7);
}

TEST_F(Schema, FindsTheRecipesOfStagesBesideTheFileThatNamesThem) {
  write("study/one.toml", "");
  write("study/base.toml",
        "[[stage]]\nrecipe = 'one.toml'\n[[stage]]\nname = 'second'\nrecipe = './one.toml'\n");
  write("mine.toml", "extends = 'study/base.toml'\n");
  const Recipe recipe = load("mine.toml");
  ASSERT_EQ(recipe.stages.size(), 2u);
  EXPECT_EQ(recipe.stages[0].name, "one") << "the file's name is the default";
  EXPECT_EQ(recipe.stages[0].file, folder_ / "study" / "one.toml");
  EXPECT_EQ(recipe.stages[1].name, "second");
  EXPECT_EQ(recipe.stages[1].file, folder_ / "study" / "one.toml");
  EXPECT_TRUE(recipe.stages[1].file.is_absolute());
}

}  // namespace
}  // namespace gistmill
