// Calls that do not end by themselves: Ctrl-C twice and thrice, run.call_seconds, and calls that do not
// answer.
#include <gmock/gmock.h>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class CancelTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write("r.toml", R"([components]
data = { use = "test/ramp" }
slow = { use = "test/slow", step = 3, signals = 2 }
scale = { use = "test/scale" }
loss = { use = "test/half-squares" }
optimizer = { use = "optimizer/adamw" }
[pipelines.train]
steps = ["data.next", "slow.pass", { call = "scale.apply", in = { x = "y" }, out = { y = "z" } },
         { call = "loss.value", in = { y = "z" } }]
minimize = "loss"
train = ["scale"]
[run]
steps = 4
[checkpoints]
every = 1
keep = 9
)");
  }
  Answer run(const std::string& settings, const std::string& folder = "run") const {
    return gistmill("run r.toml " + test_plugins() + settings + " --folder " + folder);
  }
  std::string saved(const std::string& folder, int step,
                    const std::string& file = "parameters.safetensors") const {
    return read(folder_ / folder / "checkpoints" / ("step-00000" + std::to_string(step)) / file);
  }
  // The waiting call is not in the way any more: the step is past the last one.
  static constexpr const char* kQuick = "--set components.slow.step=9";
};

TEST_F(CancelTest, TheFirstSignalFinishesTheStepAndSaves) {
  const Answer answer = run("--set components.slow.signals=1");
  EXPECT_EQ(answer.code, 75) << answer.err;
  EXPECT_NE(saved("run", 3), "");
  EXPECT_EQ(saved("run", 4), "");
}

TEST_F(CancelTest, TheSecondSignalCancelsTheCallAndLeavesTheCheckpointsWhole) {
  const Answer answer = run("");
  EXPECT_EQ(answer.code, 130) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("--resume"));
  EXPECT_THAT(read(folder_ / "run/events.jsonl"), HasSubstr("\"status\":\"interrupted\""));
  ASSERT_EQ(run(kQuick, "straight").code, 0);
  for (const char* file : {"parameters.safetensors", "optimizer.safetensors", "data.state"})
    EXPECT_EQ(saved("run", 2, file), saved("straight", 2, file)) << file;
  EXPECT_EQ(saved("run", 3), "");
  EXPECT_EQ(run("--resume").code, 130);
  const std::string events = read(folder_ / "run/events.jsonl");
  const std::size_t goes_on = events.rfind("\"event\":\"stage_started\"");
  ASSERT_NE(goes_on, std::string::npos);
  EXPECT_THAT(events.substr(goes_on, events.find('\n', goes_on) - goes_on), HasSubstr("\"step\":2,"));
}

TEST_F(CancelTest, TheThirdSignalEndsTheProcessAndNamesTheCall) {
  const Answer answer = run("--set components.slow.signals=3 --set components.slow.answers=false");
  EXPECT_EQ(answer.code, 130);
  EXPECT_THAT(answer.err, HasSubstr("interrupted; slow.pass did not answer\n"));
  EXPECT_NE(saved("run", 2), "");
}

TEST_F(CancelTest, ACallThatDoesNotAnswerToTheSecondSignalEndsTheProcessAndIsNamed) {
  const Answer answer = run("--set components.slow.answers=false");
  EXPECT_EQ(answer.code, 130);
  EXPECT_THAT(answer.err, HasSubstr("interrupted; slow.pass did not answer\n"));
}

TEST_F(CancelTest, ACallThatTakesTooLongIsCanceledAndNamed) {
  const Answer answer = run("--set components.slow.signals=0 --set run.call_seconds=0.3");
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.err, HasSubstr("slow.pass took 0."));
  EXPECT_THAT(answer.err, HasSubstr(" s when run.call_seconds allows 0.3\n"));
  EXPECT_THAT(answer.err, HasSubstr("raise run.call_seconds"));
  EXPECT_NE(saved("run", 2), "");
}

TEST_F(CancelTest, ACallThatTakesTooLongAndDoesNotAnswerEndsTheProcess) {
  const Answer answer =
      run("--set components.slow.signals=0 --set components.slow.answers=false --set run.call_seconds=0.3");
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.err, HasSubstr("slow.pass took 5."));
  EXPECT_THAT(answer.err, HasSubstr("did not answer when it was canceled\n"));
  EXPECT_THAT(read(folder_ / "run/events.jsonl"), HasSubstr("\"step\":2"));
}

TEST_F(CancelTest, ARunThatFailedByRunCallSecondsContinuesWithALargerValue) {
  const std::string slow =
      "--set components.slow.signals=0 --set components.slow.seconds=1 --set run.call_seconds=";
  ASSERT_EQ(run(slow + "0.3").code, 1);
  ASSERT_NE(saved("run", 2), "");
  const Answer answer = run(slow + "60 --resume");
  EXPECT_EQ(answer.code, 0) << answer.err;
  ASSERT_EQ(run(slow + "0", "straight").code, 0);
  EXPECT_EQ(saved("run", 4), saved("straight", 4));
  EXPECT_THAT(run(slow + "5 --resume").err, HasSubstr("holds this run, finished"));
}

TEST_F(CancelTest, CallsWithinRunCallSecondsAreLeftAlone) {
  EXPECT_EQ(run(std::string(kQuick) + " --set run.call_seconds=60").code, 0);
  EXPECT_NE(saved("run", 4), "");
}

TEST_F(CancelTest, ManyCallsInARowEachWithinRunCallSecondsAreLeftAlone) {
  write("row.toml", R"(extends = "r.toml"
[pipelines.train]
steps = ["data.next", { repeat = 10, steps = [{ call = "slow.pass", out = { y = "x" } }] }, "scale.apply", "loss.value"]
)");
  const Answer answer = gistmill("run row.toml " + test_plugins() +
                                 "--set components.slow.signals=0 --set components.slow.seconds=0.2 "
                                 "--set run.call_seconds=1 --folder run");
  EXPECT_EQ(answer.code, 0) << answer.err;
}

TEST_F(CancelTest, ANegativeTimeoutIsRefused) {
  const Answer answer = run("--set run.call_seconds=-1");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("run.call_seconds"));
}

}  // namespace
}  // namespace gistmill
