// run --profile: the trace, its bounds, the table, and what step events say of work.
#include "host/run/profile.hpp"

#include <gmock/gmock.h>

#include <map>

#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ProfileTest : public RunTest {
 protected:
  RunOutcome profiled(const std::filesystem::path& path) {
    RunRequest asked = request(path);
    asked.profile = true;
    return run(asked);
  }
  nlohmann::json file() const { return nlohmann::json::parse(read(folder_ / "run/profile.json")); }

  static nlohmann::json row(const nlohmann::json& stage, const std::string& name,
                            const std::string& direction) {
    for (const auto& one : stage["rows"])
      if (one["name"] == name && one["direction"] == direction) return one;
    return nullptr;
  }
};

// scale counts 2 flops and 12 bytes a number, forward and back: 4 numbers, 8 steps of 2 micro-steps.
TEST_F(ProfileTest, TotalsAreOverAllMicroStepsForwardAndBackwardApart) {
  const auto json = nlohmann::json::parse(profiled(recipe("[run]\nmicro_steps = 2\n")).json);
  const auto stage = json["profile"]["stages"][0];
  EXPECT_EQ(stage["steps"], 8);
  for (const char* direction : {"forward", "backward"}) {
    const auto scale = row(stage, "scale.apply", direction);
    EXPECT_EQ(scale["count"], 16) << direction;
    EXPECT_EQ(scale["flops"], 16 * 8.0) << direction;
    EXPECT_EQ(scale["bytes"], 16 * 48.0) << direction;
    EXPECT_GT(scale["utilization"], 0) << direction;
  }
  EXPECT_EQ(row(stage, "data.next", "forward")["count"], 16);
  EXPECT_TRUE(row(stage, "data.next", "backward").is_null()) << "a source has no reverse";
  EXPECT_FALSE(row(stage, "data.next", "forward").contains("flops")) << "it counts nothing";
  EXPECT_EQ(row(stage, "optimizer", "")["count"], 8);
  // 4 numbers, read and written, their gradients, two moments, and the one count of updates.
  EXPECT_EQ(row(stage, "optimizer", "")["bytes"], 8 * (3 * 16 + 2 * (2 * 16 + 4)));
  double shares = 0;
  for (const auto& one : stage["rows"]) shares += one.value("share_of_step", 0.0);
  EXPECT_GT(shares, 0.0);
  EXPECT_LE(shares, 1.0 + 1e-9);
}

TEST_F(ProfileTest, TheTraceHoldsEveryCallOfTheStepsWithinItsStep) {
  profiled(recipe());
  const auto trace = file();
  double step_begin = 0, step_end = 0;
  int calls = 0;
  for (const auto& event : trace["traceEvents"]) {
    EXPECT_EQ(event["ph"], "X");
    EXPECT_GE(event["ts"], 0);
    EXPECT_GE(event["dur"], 0);
    if (event["cat"] != "step" || event["args"]["step"] != 3) continue;
    step_begin = event["ts"];
    step_end = step_begin + event["dur"].get<double>();
    EXPECT_EQ(event["args"]["flops"], 16);
  }
  for (const auto& event : trace["traceEvents"]) {
    if (event["args"]["step"] != 3 || (event["cat"] != "forward" && event["cat"] != "backward")) continue;
    ++calls;
    EXPECT_GE(event["ts"], step_begin);
    EXPECT_LE(event["ts"].get<double>() + event["dur"].get<double>(), step_end);
  }
  EXPECT_EQ(calls, 5);  // three forward, two back
  EXPECT_EQ(trace["otherData"]["stages"][0]["traced_steps"], 8);
}

TEST_F(ProfileTest, TheTraceIsBoundedAndTheTotalsAreNot) {
  profiled(recipe("[run]\nsteps = 130\n"));
  const auto trace = file();
  int steps = 0;
  for (const auto& event : trace["traceEvents"]) steps += event["cat"] == "step" ? 1 : 0;
  EXPECT_EQ(steps, Profile::kTracedSteps);
  EXPECT_EQ(trace["otherData"]["stages"][0]["traced_steps"], Profile::kTracedSteps);
  EXPECT_EQ(row(trace["otherData"]["stages"][0], "scale.apply", "forward")["count"], 130);
}

TEST_F(ProfileTest, CheckpointsStandOutsideOfTheSteps) {
  const auto json = nlohmann::json::parse(profiled(recipe("[checkpoints]\nevery = 4\n")).json);
  const auto checkpoint = row(json["profile"]["stages"][0], "checkpoint", "");
  EXPECT_EQ(checkpoint["count"], 2);
  EXPECT_FALSE(checkpoint.contains("share_of_step"));
}

TEST_F(ProfileTest, EachStageHasATableOfItsOwn) {
  recipe("", "part.toml");
  const RunOutcome outcome = profiled(write("whole.toml",
                                            "[[stage]]\nrecipe = 'part.toml'\nset = ['run.steps=3']\n"
                                            "[[stage]]\nname = 'more'\nrecipe = 'part.toml'\n"));
  EXPECT_THAT(outcome.text, HasSubstr("profile of part, 3 steps; GEMM peak "));
  EXPECT_THAT(outcome.text, HasSubstr("profile of more, 8 steps"));
  EXPECT_THAT(outcome.text, HasSubstr("run/profile.json"));
}

TEST_F(ProfileTest, TheTraceOfALaterStageBeginsAnew) {
  recipe("[run]\nsteps = 60\n", "part.toml");
  profiled(write(
      "whole.toml",
      "[[stage]]\nname = 'one'\nrecipe = 'part.toml'\n[[stage]]\nname = 'two'\nrecipe = 'part.toml'\n"));
  static_assert(2 * 60 > Profile::kTracedSteps);
  std::map<std::string, int> steps;
  const auto trace = file();
  for (const auto& event : trace["traceEvents"])
    if (event["cat"] == "step") ++steps[event["args"]["stage"]];
  EXPECT_EQ(steps, (std::map<std::string, int>{{"one", 60}, {"two", 60}}));
}

TEST_F(ProfileTest, ARunWithoutAProfileShowsAndMeasuresNone) {
  const RunOutcome outcome = run(request(recipe()));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/profile.json"));
  EXPECT_THAT(outcome.text, Not(HasSubstr("GFLOP/s")));
  EXPECT_FALSE(nlohmann::json::parse(outcome.json).contains("profile"));
  const auto step = events("step")[0];
  EXPECT_EQ(step["flops"], 16) << "accounts are kept always";
  EXPECT_FALSE(step.contains("utilization")) << "nobody watches: the peak is not measured";
  const auto started = events("run_started")[0];
  EXPECT_FALSE(started.contains("gemm_flops_per_second"));
  EXPECT_GE(started["threads"], 1);
}

TEST_F(ProfileTest, StepEventsTellTheShareOfPeakWhereItWasMeasured) {
  profiled(recipe());
  EXPECT_GT(events("run_started")[0]["gemm_flops_per_second"]["f32"], 1e8);
  for (const auto& step : events("step")) EXPECT_GT(step["utilization"], 0);
}

}  // namespace
}  // namespace gistmill
