// run.minutes: a stage that is fitted into a time, and goes on as it was fitted.
#include <gmock/gmock.h>

#include <functional>

#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class MinutesTest : public RunTest {
 protected:
  std::string messages() const {
    std::string text;
    for (const auto& event : events("message")) text += event["text"].get<std::string>() + "\n";
    return text;
  }

  // A run of 1,000 minutes as if its process had ended after step 4, with `change` made to what it saved
  // there.
  std::filesystem::path cut_after_step_4(const std::function<void(nlohmann::json& info)>& change) {
    const auto path = recipe("[run]\nminutes = 1000\n[checkpoints]\nevery = 1\nkeep = 100\n");
    run(request(path));
    for (int step = 5; step <= 8; ++step)
      std::filesystem::remove_all(folder_ / ("run/checkpoints/step-00000" + std::to_string(step)));
    const auto saved = folder_ / "run/checkpoints/step-000004/checkpoint.json";
    auto info = nlohmann::json::parse(read(saved));
    change(info);
    std::ofstream(saved) << info;
    return path;
  }
};

TEST_F(MinutesTest, AStageTakesTheStepsThatFitAndItsScheduleEndsWithThem) {
  run(request(recipe("[run]\nsteps = 1000000000\nminutes = 0.002\n")));
  const auto steps = events("step");
  ASSERT_GE(steps.size(), 3u);
  EXPECT_EQ(steps[2]["steps"], 1000000000) << "not decided yet";
  EXPECT_EQ(steps.back()["step"], events("stage_finished")[0]["step"]);
  EXPECT_THAT(messages(), HasSubstr(" of 1000000000 steps fit into "));
  if (messages().find("steps became slower") == std::string::npos) {
    EXPECT_EQ(steps.back()["step"], steps.back()["steps"]);
    EXPECT_NEAR(steps.back()["learning_rate"].get<double>(), 0.01, 1e-9) << "the floor";
  }
  EXPECT_EQ(events("run_finished")[0]["status"], "finished");
}

TEST_F(MinutesTest, AStageThatFitsIsLeftAsItIs) {
  run(request(recipe("[run]\nminutes = 1000\n")));
  run(request(recipe("", "unbounded.toml"), "unbounded"));
  EXPECT_EQ(read(folder_ / "run/checkpoints/step-000008/parameters.safetensors"),
            read(folder_ / "unbounded/checkpoints/step-000008/parameters.safetensors"));
  EXPECT_EQ(messages().find("fit into"), std::string::npos);
  EXPECT_THAT(messages(), HasSubstr("8 steps take about "));
}

TEST_F(MinutesTest, ARunWhosePartsAreAllBoundedSaysHowLongItTakesAtMost) {
  run(request(recipe("[run]\nminutes = 2.5\n")));
  EXPECT_THAT(messages(),
              HasSubstr("takes at most about 2:30 min: training 2:30 min; less if all steps fit"));
  run(request(recipe("", "unbounded.toml"), "run2"));
  for (const auto& event : events("message", "run2"))
    EXPECT_EQ(event["text"].get<std::string>().find("at most about"), std::string::npos);
}

TEST_F(MinutesTest, AResumedStageTakesTheStepsThatWereDecidedBefore) {
  const auto path = cut_after_step_4([](nlohmann::json& info) {
    EXPECT_EQ(info["fitted_steps"], 8);
    info["fitted_steps"] = 6;  // as if the first process had found that six fit
  });
  resume(path);
  const auto steps = events("step");
  EXPECT_EQ(steps.back()["step"], 6);
  EXPECT_NEAR(steps.back()["learning_rate"].get<double>(), 0.01, 1e-9);
}

TEST_F(MinutesTest, AResumedStageHasOnlyTheTimeThatIsLeft) {
  resume(cut_after_step_4([](nlohmann::json& info) {
    info["seconds"] = 60 * 1000;  // as if the first process had taken all of it
  }));
  EXPECT_EQ(events("step").back()["step"], 5);
  EXPECT_THAT(messages(), HasSubstr("of run.minutes are over at step 5 of 8"));
}

TEST_F(MinutesTest, AnEvaluationHasAtLeastOneStepAndAsManyAsFit) {
  const std::string evaluation = R"(
[components]
number = { use = "test/figure" }
[pipelines.look]
steps = ["data.next", "scale.apply", { call = "number.measure", in = { x = "y" } }]
[evaluations.look]
pipeline = "look"
steps = 1000000000
minutes = )";
  run(request(recipe(evaluation + "1e-9\n")));
  EXPECT_EQ(events("evaluation")[0]["entries"][0]["n"], 4);
  EXPECT_THAT(messages(), HasSubstr("look: 1 of 1000000000 steps fit into "));
}

}  // namespace
}  // namespace gistmill
