// Everything that a user can get wrong, through the real program: message and exit code.
#include <gmock/gmock.h>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

class BadInputTest : public ProgramTest {
 protected:
  // Runs a recipe that extends the good one and expects this failure.
  void expect(const std::string& recipe, int code, const std::string& message, const std::string& note = "") {
    write("r.toml", ramp(recipe));
    const Answer answer = gistmill("run r.toml " + test_plugins());
    EXPECT_EQ(answer.code, code) << answer.err;
    EXPECT_THAT(answer.err, HasSubstr(message));
    EXPECT_THAT(answer.err, HasSubstr(note));
    EXPECT_EQ(answer.out, "");
    EXPECT_FALSE(std::filesystem::exists(folder_ / "runs/r/checkpoints"));
  }

  // Runs a recipe on a plugin that was built with one fault; each lies in a folder of its own.
  void expect_refused(const std::string& fault, const std::string& message) {
    write("r.toml", R"([components]
source = { use = "test/embeddings" }
bad = { use = "loss/plain" }
[pipelines.look]
steps = ["source.next", { call = "bad.measure", in = { gist = "rows" } }]
[evaluations.look]
pipeline = "look"
steps = 1
)");
    const Answer answer = gistmill("run r.toml " + test_plugins() + " --plugins '" + GISTMILL_BUILD_DIR +
                                   "/tests/faulty/" + fault + "'");
    EXPECT_EQ(answer.code, 4) << answer.err;
    EXPECT_THAT(answer.err, HasSubstr(message));
  }
};

TEST_F(BadInputTest, UnknownKeyNamesTheNearest) {
  expect("[run]\nstepz = 3\n", 3, "r.toml:3:1: unknown key 'stepz'", "did you mean 'steps'?");
}

TEST_F(BadInputTest, AMistakeIsSaidBeforeLibTorchIsLookedFor) {
  write("r.toml", ramp("[run]\nstepz = 3\n"));
  for (const char* verb : {"run", "evaluate", "prepare", "plan"}) {
    const Answer answer =
        gistmill(std::string(verb) + " r.toml " + test_plugins(), "GISTMILL_TORCH_ROOT=/nowhere");
    EXPECT_EQ(answer.code, 3) << verb << "\n" << answer.err;
    EXPECT_THAT(answer.err, HasSubstr("r.toml:3:1: unknown key 'stepz'")) << verb;
  }
}

TEST_F(BadInputTest, WrongTypeNamesBothTypes) {
  expect("[run]\nsteps = \"many\"\n", 3, "r.toml:3:9: run.steps is a string when it should be an integer\n");
}

TEST_F(BadInputTest, OptionOutOfRangeSaysTheRange) {
  expect("[components]\ndata = { use = \"test/ramp\", size = 200000000 }\n", 3,
         "r.toml:3:", "at most 100000000");
}

TEST_F(BadInputTest, UnknownOptionNamesTheNearestAndAll) {
  expect("[components.data]\nsise = 5\n", 3, "r.toml:3:1: unknown option 'sise' of test/ramp",
         "did you mean 'size'?");
}

TEST_F(BadInputTest, UnknownComponentNamesTheNearest) {
  expect("[components]\nscale = { use = \"test/skale\" }\n", 3, "no plugin offers 'test/skale'",
         "did you mean 'test/scale'?");
}

TEST_F(BadInputTest, CyclicExtendsShowsTheCircle) {
  write("a.toml", "extends = \"b.toml\"\n");
  write("b.toml", "extends = \"a.toml\"\n");
  const Answer answer = gistmill("validate a.toml");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("b.toml:1:"));
}

TEST_F(BadInputTest, TheNumberOfArgumentsIsSaidInWords) {
  EXPECT_THAT(gistmill("run").err, HasSubstr("gistmill run takes RECIPE but was given 0 arguments\n"));
  EXPECT_THAT(gistmill("diff a").err, HasSubstr("gistmill diff takes A B but was given 1 argument\n"));
}

TEST_F(BadInputTest, EvaluatingWhatWasNeverTrainedNamesWhatEvaluateTakes) {
  write("r.toml", ramp());
  const Answer answer = gistmill("evaluate r.toml --folder nowhere " + test_plugins());
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.err, HasSubstr("no checkpoint in nowhere/checkpoints\n"));
  EXPECT_THAT(answer.err, Not(HasSubstr("--fresh"))) << "which is no option of evaluate";
}

TEST_F(BadInputTest, MissingRecipeIsNamed) {
  const Answer answer = gistmill("run nowhere.toml");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("nowhere.toml"));
}

TEST_F(BadInputTest, ARecipeNamedLikeOneThatCameWithTheProgramIsPointedAt) {
  for (const char* name : {"gistnet/quickstart", "gistnet/quickstart.toml"}) {
    const Answer answer = gistmill(std::string("prepare ") + name);
    EXPECT_EQ(answer.code, 3);
    EXPECT_THAT(answer.err, HasSubstr(std::string("there is no file '") + name +
                                      "'; a recipe of that name came with the program\n  gistmill prepare "));
    EXPECT_THAT(answer.err, HasSubstr("/gistnet/quickstart.toml\n"));
  }
  EXPECT_THAT(gistmill("explain quickstart run.steps").err, HasSubstr("\n  gistmill explain "));
  EXPECT_THAT(gistmill("validate nowhere.toml").err, HasSubstr("cannot read recipe 'nowhere.toml'"));
}

TEST_F(BadInputTest, SlotThatNothingWroteNamesTheNearest) {
  expect(
      "[pipelines.train]\nsteps = [\"data.next\", { call = \"scale.apply\", in = { x = \"y\" } }, "
      "\"loss.value\"]\n",
      3, "slot 'y' is read by scale.apply but");
}

TEST_F(BadInputTest, ShapesThatDifferAreBothShown) {
  expect(R"([components]
source = { use = "test/embeddings" }
[pipelines.train]
steps = ["source.next", { call = "scale.apply", in = { x = "embeddings" } }, "loss.value"]
)",
         3, "f32[K, S, D]", "f32[N]");
}

TEST_F(BadInputTest, PipelineWithoutAPathFromLossToParametersIsRefused) {
  expect(
      "[pipelines.train]\nsteps = [\"data.next\", \"scale.apply\", { call = \"loss.value\", in = { y = \"x\" "
      "} }]\n",
      3,
      "ramp.toml:11:10: no gradient of 'loss' reaches scale: nothing that scale.apply writes goes into "
      "'loss'\n");
}

TEST_F(BadInputTest, PluginWithAnotherAbiMajorIsRefusedWithBothMajors) {
  expect_refused("other-major", "built for ABI 3.0 when this program has ABI 2.0");
}

TEST_F(BadInputTest, PluginWhoseManifestAndDescriptionDifferIsRefused) {
  expect_refused("other-inputs", "inputs");
}

TEST_F(BadInputTest, FileThatIsNotAPluginIsListedWithItsReason) {
  write("more/notes.so", "just some text");
  const Answer answer = gistmill("plugins list --plugins more");
  EXPECT_EQ(answer.code, 0);
  EXPECT_THAT(answer.out, HasSubstr("refused: more/notes.so: "));
}

TEST_F(BadInputTest, AFolderOfPluginsThatIsNotThereIsAnErrorOfTheCommandLine) {
  write("more/notes.so", "just some text");
  for (const char* verb : {"plugins list", "run r.toml", "validate r.toml", "env"}) {
    const Answer missing = gistmill(std::string(verb) + " --plugins more --plugins nowhere");
    EXPECT_EQ(missing.code, 2) << verb;
    EXPECT_THAT(missing.err, HasSubstr("--plugins: there is no folder 'nowhere'\n")) << verb;
    EXPECT_EQ(missing.out, "") << verb;
  }
  const Answer file = gistmill("plugins list --plugins more/notes.so");
  EXPECT_EQ(file.code, 2);
  EXPECT_THAT(file.err, HasSubstr("'more/notes.so', a file, when it should be the folder that it lies in\n"
                                  "  --plugins more\n"));
}

TEST_F(BadInputTest, PluginThatThrowsEndsTheRunWithItsNameAndMessage) {
  expect("[components]\nscale = { use = \"test/throws\" }\n", 1, "scale (test/throws): thrown on purpose",
         "this is a defect of the plugin");
}

TEST_F(BadInputTest, NumberThatIsNotFiniteEndsWithSix) {
  expect("[components]\ndata = { use = \"test/ramp\", poison = 1 }\n", 6, "loss is nan at step 1 of 2");
}

TEST_F(BadInputTest, FullDiskWhileSavingLeavesNothingHalfWritten) {
  write("r.toml", ramp("[components]\ndata = { use = \"test/ramp\", size = 1024 }\n"));
  const Answer answer = gistmill("run r.toml " + test_plugins(), "trap '' XFSZ; ulimit -f 2;");
  EXPECT_NE(answer.code, 0);
  EXPECT_THAT(answer.err, HasSubstr("runs/r"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs/r/checkpoints/step-000002"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr(".tmp")));
  }
}

TEST_F(BadInputTest, UnknownVerbAndOptionAreUsageErrors) {
  EXPECT_EQ(gistmill("runn r.toml").code, 2);
  EXPECT_THAT(gistmill("runn r.toml").err, HasSubstr("did you mean 'run'?"));
  EXPECT_EQ(gistmill("run r.toml --resum").code, 2);
  EXPECT_THAT(gistmill("run r.toml --resum").err, HasSubstr("did you mean '--resume'?"));
  EXPECT_EQ(gistmill("run").code, 2);
}

TEST_F(BadInputTest, MissingModelIsSaidAtTheRecipesLine) {
  write("r.toml", R"([components]
tokenizer = { use = "tokenizer/bpe", model = "no-such.gguf" }
documents = { use = "dataset/text", files = ["text.txt"] }
store = { use = "store/tokens" }
corpus = { use = "dataset/spans", corpus = "prepare" }
[pipelines.prepare]
steps = ["documents.next", "tokenizer.encode", "store.append"]
)");
  write("text.txt", "some text");
  const Answer answer = gistmill("prepare r.toml");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("no-such.gguf"));
  EXPECT_THAT(answer.err, HasSubstr("r.toml:2:"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "data"));
}

TEST_F(BadInputTest, TextShorterThanADocumentIsRefusedWithBothLengths) {
  if (model().empty()) GTEST_SKIP() << "no model: set GISTMILL_MODEL";
  write("text/a.txt", "too short");
  write("text/b.txt", "too short as well");
  const Answer answer =
      gistmill("run '" GISTMILL_SOURCE_DIR "/recipes/gistnet/contextual.toml' --set variables.model='" +
               model() + "' --set variables.text=text --set components.documents.group=file" +
               " --set 'components.documents.hold_out=[\"text/b.txt\"]'");
  EXPECT_EQ(answer.code, 3) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("tokens"));
  EXPECT_THAT(answer.err, HasSubstr("1024"));
}

}  // namespace
}  // namespace gistmill
