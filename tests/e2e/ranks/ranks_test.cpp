// Several processes that do one run, started by the real mpirun: what they compute, say and write together.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/e2e/events.hpp"
#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RanksTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (!std::filesystem::exists(std::string(GISTMILL_BUILD_DIR) + "/lib/gistmill/plugins/collective-mpi.so"))
      GTEST_SKIP() << "built without MPI (Debian: libopenmpi-dev)";
    if (std::system("command -v mpirun > /dev/null") != 0) GTEST_SKIP() << "no mpirun (Debian: openmpi-bin)";
  }

  // A step of four batches that all differ, of vectors with a thousand elements.
  static std::string recipe(const std::string& more = "") {
    return ramp(R"(
[components.data]
growth = 1
size = 1003
[run]
steps = 50
micro_steps = 4
clip = 1000.0
[learning_rate]
peak = 0.01
[checkpoints]
every = 10
)" + more);
  }

  static std::string mpirun(int ranks) {
    return "mpirun --allow-run-as-root --oversubscribe -n " + std::to_string(ranks);
  }

  Answer run(int ranks, const std::string& folder, const std::string& more = "") const {
    return gistmill("run recipe.toml --folder " + folder + " " + test_plugins() + more,
                    ranks > 1 ? mpirun(ranks) : "");
  }

  std::string saved(const std::string& folder, const std::string& step = "000050") const {
    return read(folder_ / folder / ("checkpoints/step-" + step + "/parameters.safetensors"));
  }

  // The numbers of a file with one tensor of f32.
  static std::vector<float> numbers(const std::string& file) {
    std::uint64_t header = 0;
    if (file.size() < sizeof(header)) return {};
    std::memcpy(&header, file.data(), sizeof(header));
    std::vector<float> values((file.size() - sizeof(header) - header) / sizeof(float));
    std::memcpy(values.data(), file.data() + sizeof(header) + header, values.size() * sizeof(float));
    return values;
  }

  std::vector<nlohmann::json> events(const std::string& folder, const std::string& kind) const {
    return events_of(folder_ / folder, kind);
  }
};

TEST_F(RanksTest, AnyNumberOfRanksTrainsWhatOneDoesWithinRounding) {
  write("recipe.toml", recipe());
  const Answer alone = run(1, "one");
  ASSERT_EQ(alone.code, 0) << alone.err;
  const std::vector<float> expected = numbers(saved("one"));
  ASSERT_EQ(expected.size(), 1003u);
  const auto losses = events("one", "step");
  for (const int ranks : {2, 4}) {
    const std::string folder = "of" + std::to_string(ranks);
    const Answer answer = run(ranks, folder);
    ASSERT_EQ(answer.code, 0) << answer.err;
    const std::vector<float> found = numbers(saved(folder));
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i)
      ASSERT_NEAR(found[i], expected[i], 1e-5 * std::fabs(expected[i]) + 1e-7)
          << ranks << " ranks, element " << i;
    const auto steps = events(folder, "step");
    ASSERT_EQ(steps.size(), losses.size());
    EXPECT_EQ(steps[0]["loss"], losses[0]["loss"]) << "the same batches, added up in the same order";
    for (std::size_t i = 0; i < steps.size(); ++i)
      EXPECT_NEAR(steps[i]["loss"], losses[i]["loss"], 1e-4 * std::fabs(losses[i]["loss"].get<double>()));
  }
}

TEST_F(RanksTest, TwoRunsWithTheSameNumberOfRanksHaveTheSameBits) {
  write("recipe.toml", recipe());
  ASSERT_EQ(run(4, "first").code, 0);
  ASSERT_EQ(run(4, "second").code, 0);
  EXPECT_FALSE(saved("first").empty());
  EXPECT_EQ(saved("first"), saved("second"));
}

TEST_F(RanksTest, EventsCheckpointsAndTheAnswerComeOnce) {
  write("recipe.toml", recipe());
  const Answer answer = run(4, "together", "--json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_TRUE(nlohmann::json::accept(answer.out)) << answer.out;
  EXPECT_EQ(events("together", "step").size(), 50u);
  EXPECT_EQ(events("together", "checkpoint").size(), 5u);
  EXPECT_EQ(events("together", "run_finished").size(), 1u);
  const auto started = events("together", "run_started");
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started[0]["ranks"], 4);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "together/report.html"));
}

TEST_F(RanksTest, EachRankHasItsShareOfTheCoresAndTheRunSaysSo) {
  write("recipe.toml", recipe());
  ASSERT_EQ(run(4, "together").code, 0);
  const auto messages = events("together", "message");
  EXPECT_TRUE(std::ranges::any_of(messages, [](const nlohmann::json& message) {
    const std::string text = message["text"];
    return text.starts_with("4 ranks by collective/mpi on 1 machine, ") &&
           text.find(" in all") != std::string::npos;
  })) << nlohmann::json(messages);
  ASSERT_EQ(run(2, "said", "--set run.threads=1").code, 0);
  EXPECT_EQ(events("said", "run_started")[0]["threads"], 1);
}

TEST_F(RanksTest, MicroStepsThatCannotBeSharedAreRefusedWithTheRemedy) {
  write("recipe.toml", "extends = \"base.toml\"\n[run]\nmicro_steps = 3\n");
  write("base.toml", recipe());
  const Answer answer = run(2, "together");
  EXPECT_EQ(answer.code, 3) << answer.err;
  EXPECT_THAT(answer.err, AllOf(HasSubstr("run.micro_steps is 3, which 2 ranks cannot share evenly"),
                                HasSubstr("--set run.micro_steps=4")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "together"));
}

TEST_F(RanksTest, RanksThatStartDifferentRecipesAreRefused) {
  write("recipe.toml", recipe());
  const std::string program = std::string(GISTMILL_BUILD_DIR) + "/bin/gistmill";
  const std::string words = " run recipe.toml --folder together " + test_plugins();
  const Answer answer =
      gistmill(words + "--set run.seed=7", mpirun(1) + " '" + program + "'" + words + ": -n 1");
  EXPECT_EQ(answer.code, 2) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("ranks 0 and 1 were started with different recipes: their digests are "));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "together"));
}

TEST_F(RanksTest, ALauncherThatThePluginCannotUseIsRefused) {
  write("recipe.toml", recipe());
  const Answer answer = gistmill("run recipe.toml " + test_plugins(), "PMI_RANK=0 PMI_SIZE=2");
  EXPECT_NE(answer.code, 0);
  EXPECT_THAT(answer.err, HasSubstr("the launcher of these processes does not speak to"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
}

TEST_F(RanksTest, AProcessMayBeToldThatItIsNoRank) {
  write("recipe.toml", recipe());
  const Answer answer = gistmill("run recipe.toml --folder alone " + test_plugins(),
                                 "PMI_RANK=0 PMI_SIZE=2 GISTMILL_RANKS=off");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_FALSE(events("alone", "run_started")[0].contains("ranks"));
}

TEST_F(RanksTest, ARunThatIsToldToStopIsSavedOnceAndGoesOnToTheSameBits) {
  write("recipe.toml", recipe());
  ASSERT_EQ(run(2, "whole").code, 0);
  write("base.toml", recipe());
  write("recipe.toml", "extends = \"base.toml\"\n[components.data]\nsignal = 70\n");  // in step 18
  const Answer stopped = run(2, "stopped");
  EXPECT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_EQ(events("stopped", "checkpoint").size(), 2u) << "of steps 10 and 18";
  ASSERT_TRUE(std::filesystem::exists(folder_ / "stopped/checkpoints/step-000018"));
  const Answer resumed = run(2, "stopped", "--resume");
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(saved("stopped"), saved("whole"));
}

TEST_F(RanksTest, ANumberThatIsNotFiniteIsOneFailureOfAllRanks) {
  write("base.toml", recipe());
  write("recipe.toml",
        "extends = \"base.toml\"\n[components.data]\npoison = 22\n");  // second batch of step 6
  const Answer alone = run(1, "alone");
  const Answer answer = run(2, "together");
  EXPECT_EQ(alone.code, 6) << alone.err;
  EXPECT_EQ(answer.code, 6) << answer.err;
  const std::string line = "loss is nan at step 6 of 50; parameters are those of step 5";
  EXPECT_THAT(alone.err, HasSubstr(line));
  EXPECT_THAT(answer.err, HasSubstr(line));
  EXPECT_EQ(answer.err.find(line), answer.err.rfind(line)) << "said once";
  EXPECT_THAT(answer.err, Not(HasSubstr("rank 1: ")));
}

TEST_F(RanksTest, WhatAMonitorDecidesHoldsOnAllRanks) {
  write("base.toml", recipe());
  // The second batch of step 16 is poisoned: training goes back to the checkpoint of step 10, at half the
  // rate.
  write("recipe.toml", R"(extends = "base.toml"
[components]
guard = { use = "monitor/numerics", skips = 0, scale = 0.5 }
[components.data]
poison = 62
[run]
monitors = ["guard"]
)");
  const Answer alone = run(1, "alone");
  ASSERT_EQ(alone.code, 0) << alone.err;
  const Answer together = run(4, "together");
  ASSERT_EQ(together.code, 0) << together.err;
  for (const std::string folder : {"alone", "together"}) {
    const auto decisions = events(folder, "decision");
    ASSERT_EQ(decisions.size(), 1u) << folder;
    EXPECT_EQ(decisions[0]["action"], "rewind");
    EXPECT_EQ(decisions[0]["step"], 16);
    EXPECT_EQ(decisions[0]["to"], 10);
  }
  const std::vector<float> found = numbers(saved("together")), expected = numbers(saved("alone"));
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    ASSERT_NEAR(found[i], expected[i], 1e-5 * std::fabs(expected[i]) + 1e-7);
}

TEST_F(RanksTest, AFailureOfOneRankEndsAll) {
  write("recipe.toml", recipe());
  const std::string program = std::string(GISTMILL_BUILD_DIR) + "/bin/gistmill";
  const std::string words = " run recipe.toml --folder together " + test_plugins();
  const Answer answer =
      gistmill("run nowhere.toml --folder together", mpirun(1) + " '" + program + "'" + words + ": -n 1");
  EXPECT_EQ(answer.code, 3) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("cannot read recipe 'nowhere.toml'"));
}

TEST_F(RanksTest, GoingOnWithAnotherNumberOfRanksIsSaid) {
  write("base.toml", recipe());
  write("recipe.toml", "extends = \"base.toml\"\n[components.data]\nsignal = 70\n");
  ASSERT_EQ(run(2, "run").code, 75);
  ASSERT_EQ(run(1, "run", "--resume").code, 0);
  const auto messages = events("run", "message");
  EXPECT_TRUE(std::ranges::any_of(messages, [](const nlohmann::json& message) {
    return message["text"].get<std::string>().find("is of a run with 2 ranks, which goes on with 1") !=
           std::string::npos;
  }));
}

}  // namespace
}  // namespace gistmill
