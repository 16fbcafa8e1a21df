// Which checkpoints a run keeps, which of them is the best, and what becomes of those of another run.
#include <gmock/gmock.h>

#include <algorithm>

#include "host/diagnostic/failure.hpp"
#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CheckpointsTest : public RunTest {
 protected:
  // Training brings score down step by step: the first evaluation, after step 2, has the best.
  std::filesystem::path evaluated(const std::string& checkpoints) {
    return recipe(R"(
[components]
talk     = { use = "test/talk" }
measures = { use = "test/measures" }
[pipelines.look]
steps = ["talk.next", "scale.apply", { call = "measures.measure", in = { x = "y" } }]
[evaluations.look]
pipeline = "look"
steps = 2
every = 2
best = "score"
[checkpoints]
)" + checkpoints);
  }
  std::vector<std::string> kept() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "run/checkpoints"))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  // As if the process had ended right after step `last`.
  void cut_after(int last) {
    for (int step = last + 1; step <= 8; ++step)
      std::filesystem::remove_all(folder_ / ("run/checkpoints/step-00000" + std::to_string(step)));
    std::filesystem::remove(folder_ / "run/summary.json");
  }
  int said(const std::string& text) const {
    int count = 0;
    for (const auto& event : events("message")) count += event["text"] == text;
    return count;
  }
};

TEST_F(CheckpointsTest, TheBestIsKeptBesideTheLastOnes) {
  run(request(evaluated("every = 1\nkeep = 2\n")));
  EXPECT_THAT(kept(), ElementsAre("step-000002", "step-000007", "step-000008"));
}

TEST_F(CheckpointsTest, AResumedRunKnowsTheBestValueOfBefore) {
  auto asked = request(evaluated("every = 1\nkeep = 9\n"));
  run(asked);
  cut_after(4);
  asked.resume = true;
  run(asked);
  EXPECT_EQ(said("using the best checkpoint, of step 2"), 2) << "of both runs";
}

// root is nan until a has come down to where the least y, a quarter of a, is below 0.2.
TEST_F(CheckpointsTest, AFigureThatIsNoNumberIsNeverTheBest) {
  run(request(recipe(R"(
[components]
root = { use = "test/root", top = 0.2 }
[pipelines.look]
steps = ["data.next", "scale.apply", "root.measure"]
[evaluations.look]
pipeline = "look"
steps = 1
every = 1
best = "root"
[checkpoints]
keep = 9
)")));
  EXPECT_TRUE(events("evaluation")[0]["entries"][0]["value"].is_null());
  EXPECT_TRUE(events("evaluation")[7]["entries"][0]["value"].is_number());
  const auto checkpoints = events("checkpoint");
  EXPECT_EQ(checkpoints.back()["step"], 8);
  EXPECT_EQ(checkpoints.back()["best"], true) << "y falls, so the root under it rises";
}

TEST_F(CheckpointsTest, OneOfAnotherShapeIsRefused) {
  run(request(recipe("[components]\ndata = { use = \"test/ramp\", size = 3 }\n"), "three"));
  const auto checkpoint = (folder_ / "three/checkpoints/step-000008").string();
  try {
    run(request(recipe("[components.scale]\nparameters = \"" + checkpoint + "\"\n", "from.toml")));
    FAIL() << "three numbers were read as four";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("tensor 'scale.a' is F32[3] when it should be F32[4]"));
  }
}

TEST_F(CheckpointsTest, OneOfAComponentWithAnotherNameIsRefusedWithThatName) {
  run(request(recipe(), "before"));
  const auto checkpoint = (folder_ / "before/checkpoints/step-000008").string();
  try {
    run(request(recipe("[components.factor]\nuse = \"test/scale\"\nparameters = \"" + checkpoint + R"("
[pipelines.train]
steps = ["data.next", "factor.apply", "loss.value"]
train = ["factor"]
)",
                       "from.toml")));
    FAIL() << "another name was found";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("no tensor 'a', which factor (test/scale) needs"));
    EXPECT_THAT(failure.what(),
                HasSubstr("it holds parameters of scale: call the component so, or take them with "
                          "`gistmill export RUN FOLDER`"));
  }
}

TEST_F(CheckpointsTest, FreshStartsWithoutThoseOfTheRunBefore) {
  run(request(recipe()));
  auto fresh = request(recipe("[run]\nsteps = 3\n"));
  fresh.fresh = true;
  run(fresh);
  EXPECT_THAT(kept(), ElementsAre("step-000003"));
}

TEST_F(CheckpointsTest, AFinishedRunAnswersForItsOwnRecipeAlone) {
  auto asked = request(recipe());
  run(asked);
  asked.resume = true;
  EXPECT_EQ(run(asked).code, ExitCode::ok);
  EXPECT_EQ(events("step").size(), 8u) << "nothing is run again";
  auto other = request(recipe("[learning_rate]\npeak = 0.2\n"));
  other.resume = true;
  try {
    run(other);
    FAIL() << "the results of another recipe were given";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("holds a finished run of another recipe or other plugins"));
    EXPECT_THAT(failure.what(), HasSubstr("--fresh"));
  }
}

}  // namespace
}  // namespace gistmill
