// Components in processes of their own: the same run to the bit, and whatever such a process does to itself
// is an error of its call, which ends the run in order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/events.hpp"
#include "tests/e2e/program.hpp"

namespace gistmill::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kPlugins = " --plugins " GISTMILL_BUILD_DIR "/tests/plugins";

// A parameter is trained; between it and the loss stands what may end its process.
constexpr const char* kRecipe = R"([components]
data = { use = "test/ramp", growth = 1 }
scale = { use = "test/scale" }
gate = { use = "test/deadly" }
loss = { use = "test/half-squares" }
optimizer = { use = "optimizer/adamw" }

[pipelines.train]
steps = ["data.next", "scale.apply", { call = "gate.pass", in = { x = "y" }, out = { y = "passed" } },
         { call = "loss.value", in = { y = "passed" } }]
minimize = "loss"
train = ["scale"]

[run]
steps = 6
[checkpoints]
every = 2
)";

class IsolationTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write("recipe.toml", kRecipe);
  }
  Answer run(const std::string& settings, const std::string& folder = "out",
             const std::string& before = "") const {
    return gistmill("run recipe.toml" + kPlugins + " --folder " + folder + settings, before);
  }
  std::vector<double> losses(const std::string& folder) const {
    std::vector<double> all;
    for (const auto& event : events_of(folder_ / folder, "step")) all.push_back(event["loss"]);
    return all;
  }
};

const std::string kIsolateAll =
    " --set components.data.isolate=true --set components.scale.isolate=true --set "
    "components.gate.isolate=true"
    " --set components.loss.isolate=true";

TEST_F(IsolationTest, ChangesNoBitOfARun) {
  ASSERT_EQ(run("", "plain").code, 0);
  const Answer isolated = run(kIsolateAll, "isolated");
  ASSERT_EQ(isolated.code, 0) << isolated.err;
  EXPECT_EQ(losses("plain").size(), 6u);
  EXPECT_EQ(losses("isolated"), losses("plain"));
  const auto parameters = [&](const char* folder) {
    return read(folder_ / folder / "checkpoints/step-000006/parameters.safetensors");
  };
  EXPECT_FALSE(parameters("plain").empty());
  EXPECT_EQ(parameters("isolated"), parameters("plain"));
}

TEST_F(IsolationTest, EndsARunSoThatItGoesOnToTheBit) {
  const std::string once =
      " --set components.gate.way=segfault --set components.gate.call=4 --set components.gate.once=mark";
  write("mark", "");
  ASSERT_EQ(run(once, "whole").code, 0);
  std::filesystem::remove(folder_ / "mark");
  ASSERT_EQ(run(once + kIsolateAll, "out").code, 1);
  EXPECT_EQ(losses("out").size(), 3u);
  const Answer resumed = run(once + " --set components.gate.isolate=true --resume", "out");
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  const std::vector<double> all = losses("out");
  const std::vector<double> whole = losses("whole");
  ASSERT_GE(all.size(), 4u);
  EXPECT_EQ(std::vector<double>(all.end() - 4, all.end()), std::vector<double>(whole.end() - 4, whole.end()))
      << "steps 3 to 6";
}

// These plugins break the contract, which is not what is tested: the checking proxy would say so first.
const std::string kUnchecked = "export GISTMILL_CHECK=0;";

// What it does in its fourth call, and what the run says of it.
struct Death {
  const char* way;
  const char* said;
};
class Deaths : public IsolationTest, public ::testing::WithParamInterface<Death> {};

TEST_P(Deaths, AreErrorsOfTheCallAndLeaveCheckpointsWhole) {
  const std::string way = GetParam().way;
  const std::string seconds = way == "deaf" || way == "hang" ? "2" : "60";
  const Answer answer = run(" --set components.gate.call=4 --set components.gate.way=" + way +
                                " --set components.gate.isolate.seconds=" + seconds +
                                " --set components.gate.isolate.memory_mb=1000",
                            "out", kUnchecked);
  EXPECT_EQ(answer.code, 1) << answer.err;
  EXPECT_THAT(answer.err, AllOf(HasSubstr(GetParam().said), HasSubstr("gate (test/deadly)")));
  EXPECT_EQ(losses("out").size(), 3u);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out/checkpoints/step-000002/checkpoint.json"));
}

INSTANTIATE_TEST_SUITE_P(
    All, Deaths,
    ::testing::Values(Death{"abort", "ended by signal SIGABRT in pass"},
                      Death{"segfault", "ended by signal SIGSEGV in pass"},
                      Death{"stack", "ended by signal SIGSEGV in pass"},
                      Death{"divide", "ended by signal SIGFPE in pass"},
                      Death{"terminate", "ended by signal SIGABRT in pass"},
                      Death{"exit", "ended itself with exit code 0 in pass"},
                      Death{"quick-exit", "ended itself with exit code 0 in pass"},
                      Death{"kill", "ended by signal SIGKILL in pass"},
                      Death{"deaf", "took more than the 2 s that isolate.seconds allows"},
                      Death{"hang", "took more than the 2 s that isolate.seconds allows"},
                      Death{"memory", "out of memory"}),
    [](const auto& death) {
      std::string name = death.param.way;
      std::erase(name, '-');
      return name;
    });

TEST_F(IsolationTest, NamesWhatWasDoneWhereAProcessEndsBeforeTheFirstCall) {
  const std::string abort = " --set components.gate.isolate=true --set components.gate.way=abort";
  EXPECT_THAT(
      run(abort + " --set components.gate.when=create").err,
      AllOf(HasSubstr("its process ended by signal SIGABRT in create"), HasSubstr("while creating gate")));
  EXPECT_THAT(
      run(abort + " --set components.gate.when=start --fresh").err,
      AllOf(HasSubstr("its process ended by signal SIGABRT in start"), HasSubstr("while starting gate")));
  const Answer small = run(" --set components.gate.isolate.memory_mb=1 --fresh");
  EXPECT_THAT(small.err,
              AllOf(HasSubstr("its process ended"), HasSubstr("isolate.memory_mb allows it 1 MB")));
  const Answer at_the_end = run(abort + " --set components.gate.when=destroy --fresh");
  EXPECT_EQ(at_the_end.code, 0) << at_the_end.err;
}

TEST_F(IsolationTest, KeepsTheStateOfTheProcessFromTheRun) {
  for (const char* way : {"folder", "descriptors"}) {
    const Answer answer =
        run(std::string(" --fresh --set components.gate.isolate=true --set components.gate.way=") + way,
            "out", kUnchecked);
    EXPECT_EQ(answer.code, 0) << way << answer.err;
    EXPECT_TRUE(std::filesystem::exists(folder_ / "out/report.html")) << way;
  }
}

TEST_F(IsolationTest, TakesTheNetworkAwayWhereItIsAsked) {
  const Answer with = run(" --set components.gate.way=connect --set components.gate.isolate=true");
  EXPECT_THAT(with.err, HasSubstr("there is a network"));
  const Answer without =
      run(" --fresh --set components.gate.way=connect --set components.gate.isolate.network=false");
  if (without.err.find("cannot be cut off") != std::string::npos)
    GTEST_SKIP() << "no namespaces for networks here";
  EXPECT_EQ(without.code, 0) << without.err;
}

TEST_F(IsolationTest, LeavesOutAsManyStepsWhoseProcessEndedAsItMay) {
  const std::string mortal =
      " --set components.gate.use=test/mortal --set components.gate.isolate.skip_steps=1 --set "
      "components.gate.steps=";
  const Answer answer = run(mortal + "[4]", "once");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err, AllOf(HasSubstr("step 4 is left out (1 of at most 1)"),
                                HasSubstr("its process ended by signal SIGSEGV in pass")));
  ASSERT_EQ(run("", "plain").code, 0);
  const std::vector<double> plain = losses("plain"), left = losses("once");
  ASSERT_EQ(left.size(), 5u);
  EXPECT_EQ(std::vector<double>(left.begin(), left.begin() + 3),
            std::vector<double>(plain.begin(), plain.begin() + 3));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "once/checkpoints/step-000006/checkpoint.json"));

  const Answer twice = run(mortal + "[2,4]", "twice");
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.err,
              AllOf(HasSubstr("step 2 is left out"), HasSubstr("its process ended by signal SIGSEGV")));
  EXPECT_EQ(losses("twice").size(), 2u) << "steps 1 and 3";
}

TEST_F(IsolationTest, LeavesAFailureThatEndsNoProcessAsItIsAlsoBesideAComponentThatNobodyUses) {
  const Answer answer = run(" --set components.gate.way=connect --set components.spare.use=test/scale");
  EXPECT_EQ(answer.code, 3) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("there is a network"));
}

TEST_F(IsolationTest, LeavesOutNoStepOfAComponentThatWouldBeginAnew) {
  EXPECT_THAT(run(" --set components.scale.isolate.skip_steps=1").err,
              HasSubstr("isolate.skip_steps is for components without parameters and state"));
}

TEST_F(IsolationTest, IsRefusedWhereItCannotBe) {
  EXPECT_THAT(
      run(" --set components.optimizer.isolate=true").err,
      HasSubstr(
          "optimizer (optimizer/adamw): cannot be isolated: gm.optimizer/1 works on the run's own memory"));
  EXPECT_THAT(run(" --set components.gate.isolate.seconds=-1").err, HasSubstr("0 or more"));
  EXPECT_THAT(run(" --set components.gate.isolate.second=1").err, HasSubstr("did you mean 'seconds'"));
  EXPECT_THAT(run(" --set components.gate.isolate=5").err,
              HasSubstr("true, false, or a table with seconds, memory_mb, network and skip_steps"));
}

TEST_F(IsolationTest, GivesComponentsOfLibTorchTheSameBits) {
  write("torch.toml", R"([components]
source    = { use = "test/embeddings", width = 32, spans = 8 }
gist      = { use = "gistnet/refine", width = 32, heads = 2, mlp = 32 }
apart     = { use = "loss/contrastive", margin = 1.5 }
optimizer = { use = "optimizer/adamw" }
[pipelines.train]
steps    = ["source.next", "gist.compress", "apart.value"]
minimize = "loss"
train    = ["gist"]
[run]
steps = 4
[learning_rate]
peak = 1e-2
)");
  const auto train = [&](const std::string& settings, const std::string& folder) {
    return gistmill("run torch.toml" + kPlugins + " --folder " + folder + settings);
  };
  ASSERT_EQ(train("", "plain").code, 0);
  const Answer isolated =
      train(" --set components.gist.isolate=true --set components.apart.isolate=true", "isolated");
  ASSERT_EQ(isolated.code, 0) << isolated.err;
  EXPECT_EQ(losses("isolated"), losses("plain"));
  EXPECT_NE(losses("plain").front(), losses("plain").back());
}

}  // namespace
}  // namespace gistmill::test
