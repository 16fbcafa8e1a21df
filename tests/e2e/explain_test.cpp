// explain, diff and schema through the real program.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ExplainTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write("base.toml", R"([variables]
size = 4
[components]
data = { use = "test/ramp", size = "${size}" }
scale = { use = "test/scale" }
loss = { use = "test/half-squares" }
optimizer = { use = "optimizer/adamw" }
[pipelines.train]
steps = ["data.next", "scale.apply", "loss.value"]
minimize = "loss"
train = ["scale"]
[run]
steps = 2
)");
    write("r.toml", "extends = \"base.toml\"\n[run]\nsteps = 9\n");
  }
  Answer explain(const std::string& words) const {
    return gistmill("explain " + words + " " + test_plugins());
  }
};

TEST_F(ExplainTest, ShowsEveryLayerThatSetAKeyTheOneThatCountsFirst) {
  const Answer answer = explain("r.toml run.steps");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out,
            "run.steps = 9\n"
            "  r.toml:3:1      9\n"
            "  base.toml:13:1  2  overridden\n"
            "  [run]           0  default; integer; optimizer steps; 0: evaluate only\n");
}

TEST_F(ExplainTest, ShowsAnOverrideOfTheCommandLineAsALayer) {
  const Answer answer = explain("r.toml run.steps --set run.steps=5");
  EXPECT_THAT(answer.out, HasSubstr("run.steps = 5\n  --set run.steps=5  5\n"));
  EXPECT_THAT(answer.out, HasSubstr("r.toml:3:1"));
}

TEST_F(ExplainTest, FillsInVariables) {
  EXPECT_THAT(explain("r.toml components.data.size").out, HasSubstr("= 4\n"));
}

TEST_F(ExplainTest, ShowsDefaultTypeRangeAndMeaningOfAnOption) {
  const Answer answer = explain("r.toml components.data.poison");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("components.data.poison = "));
  EXPECT_THAT(answer.out, HasSubstr("test/ramp "));
  EXPECT_THAT(answer.out, HasSubstr("default; integer"));
}

TEST_F(ExplainTest, OfATableShowsAllBelowIt) {
  const Answer answer = explain("r.toml components.data");
  EXPECT_THAT(answer.out, HasSubstr("components.data.use = \"test/ramp\""));
  EXPECT_THAT(answer.out, HasSubstr("components.data.poison = "));
}

TEST_F(ExplainTest, WithoutAKeyShowsAllThatAreSet) {
  const Answer answer = explain("r.toml");
  EXPECT_THAT(answer.out, HasSubstr("pipelines.train.minimize = \"loss\""));
  EXPECT_THAT(answer.out, Not(HasSubstr("data.poison")));
}

TEST_F(ExplainTest, RefusesAnUnknownKeyWithTheNearest) {
  const Answer answer = explain("r.toml components.data.sizze");
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.err, HasSubstr("has no key 'components.data.sizze'"));
  EXPECT_THAT(answer.err, HasSubstr("did you mean 'components.data.size'?"));
}

TEST_F(ExplainTest, AsksTheRecipeOfAStage) {
  write("whole.toml", "[[stage]]\nrecipe = \"r.toml\"\nset = [\"run.steps=3\"]\n");
  EXPECT_THAT(explain("whole.toml stage.r.run.steps").out, HasSubstr("run.steps = 3\n"));
  EXPECT_THAT(explain("whole.toml stage.q.run.steps").err, HasSubstr("unknown stage 'q'"));
}

TEST_F(ExplainTest, NamesAKeyOfAStageWithTheStage) {
  write("whole.toml", "[[stage]]\nrecipe = \"r.toml\"\n");
  EXPECT_THAT(explain("whole.toml stage.r.run.stepz").err, HasSubstr("did you mean 'stage.r.run.steps'?"));
  EXPECT_THAT(explain("whole.toml components.data.size").err,
              HasSubstr("stage 'r' has it: stage.r.components.data.size"));
}

TEST_F(ExplainTest, AnswersAsJson) {
  const auto json = nlohmann::json::parse(explain("r.toml run.steps --json").out);
  EXPECT_EQ(json[0]["layers"][1]["line"], 13);
  EXPECT_EQ(json[0]["default"], "0");
}

TEST_F(ExplainTest, DiffShowsOnlyTheKeysThatDiffer) {
  write("other.toml", "extends = \"base.toml\"\n[run]\nsteps = 2\nseed = 1\n[variables]\nsize = 5\n");
  const Answer answer = gistmill("diff r.toml other.toml");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.out,
            "components.data.size  4 -> 5\n"
            "run.steps             9 -> 2\n"
            "run.seed              (not set) -> 1\n");
  EXPECT_EQ(gistmill("diff r.toml r.toml").out, "no differences\n");
}

TEST_F(ExplainTest, DiffOfAFolderWithoutARunSaysWhatItTakes) {
  std::filesystem::create_directories(folder_ / "empty");
  const Answer answer = gistmill("diff r.toml empty");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("empty holds no run"));
}

}  // namespace
}  // namespace gistmill
