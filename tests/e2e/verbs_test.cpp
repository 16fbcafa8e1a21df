// Verbs that answer from manifests alone, on the recipes that are shipped.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using VerbsTest = ProgramTest;

std::vector<std::filesystem::path> shipped_recipes() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(GISTMILL_SOURCE_DIR "/recipes")) {
    // Parts are layers, not recipes.
    if (entry.path().extension() == ".toml" && entry.path().parent_path().filename() != "parts")
      found.push_back(entry.path());
  }
  return found;
}

TEST_F(VerbsTest, EveryShippedRecipeIsValid) {
  const auto recipes = shipped_recipes();
  EXPECT_GE(recipes.size(), 4u);
  for (const auto& recipe : recipes) {
    const Answer answer = gistmill("validate '" + recipe.string() + "'");
    EXPECT_EQ(answer.code, 0) << recipe << "\n" << answer.err;
  }
}

TEST_F(VerbsTest, PluginsListNamesEveryComponentOnce) {
  const Answer answer = gistmill("plugins list --json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  std::vector<std::string> names;
  const auto json = nlohmann::json::parse(answer.out);
  for (const auto& entry : json["components"]) names.push_back(entry["component"]);
  for (const char* name : {"dataset/spans", "dataset/text", "gistnet/contextual", "gistnet/last-k",
                           "gistnet/mean", "gistnet/refine", "gistnet/vector", "gistnet/zero", "logger/jsonl",
                           "logger/progress", "loss/delta-nll", "loss/kl", "metric/delta-nll",
                           "optimizer/adamw", "teacher/llama", "tokenizer/bpe"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 1) << name;
  }
  EXPECT_TRUE(json["refused"].empty()) << json["refused"];
}

TEST_F(VerbsTest, PluginsInspectShowsOptionsAndPorts) {
  const Answer answer = gistmill("plugins inspect gistnet/refine");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("mid_slots"));
  EXPECT_THAT(answer.out, HasSubstr("f32[K, 1, D], gradient"));
}

constexpr const char* kMany = R"(
[components.data]
size = 1000
[run]
steps = 5
items = "x"
)";

TEST_F(VerbsTest, PlanTakesThreeStepsAndLeavesNothing) {
  write("ramp.toml", ramp(kMany));
  const Answer answer = gistmill("plan ramp.toml " + test_plugins());
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("time     about "));
  EXPECT_THAT(answer.out, HasSubstr("memory   "));
  EXPECT_THAT(answer.out, HasSubstr("OpenMP waits: "));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

TEST_F(VerbsTest, PlanThatDoesNotFitExitsWithFive) {
  write("ramp.toml", ramp(kMany));
  const Answer answer = gistmill("plan ramp.toml --memory 2M " + test_plugins());
  EXPECT_EQ(answer.code, 5);
  EXPECT_THAT(answer.out, HasSubstr("does not fit: needs"));
  EXPECT_THAT(answer.err, HasSubstr("ramp.toml: needs"));
  EXPECT_THAT(answer.err, HasSubstr("with 1000 x when 2 MB is available; not even one fits"));
}

TEST_F(VerbsTest, PlanRefusesAMalformedMemorySize) {
  write("ramp.toml", ramp(kMany));
  for (const char* bad : {"much", "-3G", "8Q", "0"}) {
    const Answer answer = gistmill("plan ramp.toml --memory=" + std::string(bad) + " " + test_plugins());
    EXPECT_EQ(answer.code, 2) << bad;
    EXPECT_THAT(answer.err, HasSubstr("when it should be a size such as 300M or 16G")) << bad;
  }
}

TEST_F(VerbsTest, RunWithProfileWritesATraceAndPrintsATable) {
  write("ramp.toml", ramp(kMany));
  const Answer answer = gistmill("run ramp.toml --profile " + test_plugins());
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("profile, 5 steps; GEMM peak "));
  EXPECT_THAT(answer.out, HasSubstr("scale.apply"));
  const auto trace = nlohmann::json::parse(read(folder_ / "runs/ramp/profile.json"));
  EXPECT_GE(trace["traceEvents"].size(), 5u * 6u);
}

TEST_F(VerbsTest, SettingsOfOpenMpInTheEnvironmentWin) {
  write("ramp.toml", ramp(kMany));
  const Answer answer =
      gistmill("plan ramp.toml " + test_plugins(), "export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=ACTIVE;");
  EXPECT_THAT(answer.out, HasSubstr("machine  1 thread of "));
  EXPECT_THAT(answer.out, HasSubstr("OpenMP waits: active"));
}

TEST_F(VerbsTest, HelpIsThereForEveryVerb) {
  for (const char* verb : {"run", "evaluate", "prepare", "plan", "validate", "version", "export", "inspect",
                           "tokenize", "score", "generate"}) {
    const Answer answer = gistmill(std::string(verb) + " --help");
    EXPECT_EQ(answer.code, 0);
    EXPECT_THAT(answer.out, HasSubstr(std::string("gistmill ") + verb));
  }
  EXPECT_EQ(gistmill("--help").code, 0);
}

TEST_F(VerbsTest, AGroupOfVerbsTellsItsVerbs) {
  for (const char* asked : {"plugins --help", "plugins -h", "help plugins"}) {
    const Answer answer = gistmill(asked);
    EXPECT_EQ(answer.code, 0) << asked << "\n" << answer.err;
    EXPECT_THAT(answer.out, HasSubstr("\n  plugins certify FILE ")) << asked;
    EXPECT_THAT(answer.out, Not(HasSubstr("recipes show"))) << asked << ": verbs of other groups";
  }
  for (const char* group : {"data", "focus", "recipes"})
    EXPECT_THAT(gistmill(std::string(group) + " --help").out, HasSubstr("\n  " + std::string(group) + " "));
  EXPECT_THAT(gistmill("sweep --help").out,
              AllOf(HasSubstr("--dry-run"), HasSubstr("\n  sweep status FOLDER ")));
  const Answer alone = gistmill("plugins");
  EXPECT_EQ(alone.code, 2);
  EXPECT_EQ(alone.out, "");
  EXPECT_THAT(alone.err, HasSubstr("\n  gistmill plugins certify FILE\n"));
}

TEST_F(VerbsTest, HelpAboutWhatIsNoVerbIsRefusedWithTheNearest) {
  const Answer answer = gistmill("help tokenise");
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.err, AllOf(HasSubstr("unknown verb 'tokenise'"), HasSubstr("did you mean 'tokenize'?")));
  EXPECT_THAT(gistmill("help plugins inspect").out, HasSubstr("gistmill plugins inspect COMPONENT|FILE\n"));
}

TEST_F(VerbsTest, VersionIsAnsweredAsJson) {
  const Answer answer = gistmill("version --json");
  EXPECT_EQ(nlohmann::json::parse(answer.out)["version"], "0.1.0");
}

TEST_F(VerbsTest, TraceCallsPrintsWhatGoesThroughEachCall) {
  write("recipe.toml", ramp());
  const Answer answer = gistmill("run recipe.toml --trace-calls " + test_plugins());
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err,
              ::testing::ContainsRegex("> scale.apply\\(x f32\\[[0-9]+\\]\\)\n< scale.apply -> y f32"));
  EXPECT_THAT(answer.err, HasSubstr("> scale.vjp of apply(y f32"));
}

}  // namespace
}  // namespace gistmill
