// What monitors decide is carried out at the end of the step, whenever the run was interrupted.
#include <gmock/gmock.h>

#include <cstring>

#include "gistmill/extensions.h"
#include "gistmill/formats/safetensors.hpp"
#include "host/diagnostic/failure.hpp"
#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string say(const std::string& when, std::uint32_t action, double factor = 1.0) {
  return "\"" + when + " " + std::to_string(action) + " " + std::to_string(factor) + "\", ";
}

class MonitorsTest : public RunTest {
 protected:
  // Eight steps on data that grow, watched by an oracle, with an evaluation every second step.
  std::filesystem::path watched(const std::string& says, const std::string& more = "",
                                const std::string& name = "recipe.toml") {
    recipe(R"(
[components]
data = { use = "test/ramp", growth = 1 }
talk = { use = "test/talk" }
measures = { use = "test/measures" }
oracle = { use = "test/oracle", says = [)" +
               says + R"(] }
[pipelines.look]
steps = ["talk.next", "scale.apply", { call = "measures.measure", in = { x = "y" } }]
[evaluations.look]
pipeline = "look"
steps = 1
every = 2
[evaluations.end]
pipeline = "look"
steps = 1
[run]
monitors = ["oracle"]
)",
           "watched-" + name);
    return write(name, "extends = \"watched-" + name + "\"\n" + more);
  }
  static constexpr const char* kEverySecond = "[checkpoints]\nevery = 2\nkeep = 99\n";
  static constexpr const char* kEach = "[checkpoints]\nevery = 1\nkeep = 99\n";

  std::filesystem::path checkpoint(int step, const std::string& run = "run") const {
    return folder_ / run / ("checkpoints/step-00000" + std::to_string(step));
  }
  std::vector<float> parameters(int step, const std::string& run = "run") const {
    const formats::Safetensors file(checkpoint(step, run) / "parameters.safetensors");
    std::vector<float> values(4);
    std::memcpy(values.data(), file.tensor("scale.a").data.data(), 4 * sizeof(float));
    return values;
  }
  std::vector<double> rates(const std::string& run = "run") const {
    std::vector<double> list;
    for (const auto& event : events("step", run)) list.push_back(event["learning_rate"]);
    return list;
  }
  nlohmann::json info(int step, const std::string& run = "run") const {
    return nlohmann::json::parse(read(checkpoint(step, run) / "checkpoint.json"));
  }
  RunOutcome resume(const std::filesystem::path& path, const std::string& name = "run") {
    std::filesystem::remove(folder_ / name / "summary.json");
    RunRequest asked = request(path, name);
    asked.resume = true;
    return run(asked);
  }
  Failure failure_of(const std::filesystem::path& path, const std::string& name = "run") {
    try {
      run(request(path, name));
    } catch (const Failure& failure) {
      return failure;
    }
    ADD_FAILURE() << "nothing was refused";
    return Failure(ExitCode::ok, "");
  }
  // As if the process had ended after step `last`.
  void cut_after(int last, const std::string& name) {
    for (int step = last + 1; step <= 8; ++step) std::filesystem::remove_all(checkpoint(step, name));
  }
  void expect_same_end(const std::string& name, const std::string& as, const std::string& why) {
    for (const char* file : {"parameters.safetensors", "optimizer.safetensors", "data.state", "oracle.state"})
      ASSERT_EQ(read(checkpoint(8, name) / file), read(checkpoint(8, as) / file)) << file << " " << why;
  }
};

TEST_F(MonitorsTest, HearEveryGradientStepAndEvaluationInTurn) {
  run(request(watched("", kEverySecond)));
  EXPECT_EQ(read(checkpoint(4) / "oracle.state"), "g1 s1 g2 s2 e2 g3 s3 g4 s4 e4 ");
}

TEST_F(MonitorsTest, ThatOnlyContinueChangeNothing) {
  run(request(watched("", kEverySecond)));
  const auto alone = recipe("[components]\ndata = { use = \"test/ramp\", growth = 1 }\n", "alone.toml");
  run(request(alone, "alone"));
  EXPECT_EQ(parameters(8), parameters(8, "alone"));
  EXPECT_THAT(events("decision"), IsEmpty());
}

TEST_F(MonitorsTest, ASkippedStepChangesNoParameterAndNoMoment) {
  run(request(watched(say("gradient 3", GM_DECISION_SKIP), kEach)));
  EXPECT_EQ(parameters(3), parameters(2));
  EXPECT_EQ(read(checkpoint(3) / "optimizer.safetensors"), read(checkpoint(2) / "optimizer.safetensors"));
  EXPECT_NE(read(checkpoint(3) / "data.state"), read(checkpoint(2) / "data.state")) << "the data go on";
  EXPECT_NE(parameters(4), parameters(3));
  EXPECT_EQ(events("step")[2]["skipped"], true);
  EXPECT_EQ(info(8)["updates"], 7);
  const auto decisions = events("decision");
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0]["monitor"], "oracle");
  EXPECT_EQ(decisions[0]["action"], "skip");
  EXPECT_EQ(decisions[0]["step"], 3);
  EXPECT_EQ(decisions[0]["reason"], "it is written");
  EXPECT_THAT(talk_, HasSubstr("monitor 'oracle' said skip at step 3: it is written"));
}

TEST_F(MonitorsTest, ABatchWithoutNumbersIsSkippedWhereAMonitorSaysSo) {
  const std::string poisoned = "[components.data]\npoison = 3\n";
  EXPECT_EQ(failure_of(watched("", poisoned)).code(), ExitCode::numerics);
  const auto path = watched(say("gradient 3", GM_DECISION_SKIP), poisoned + kEach, "skips.toml");
  EXPECT_EQ(run(request(path, "skips")).code, ExitCode::ok);
  EXPECT_TRUE(events("step", "skips")[2]["loss"].is_null());
  EXPECT_TRUE(events("step", "skips")[2]["gradient_norm"].is_null());
  EXPECT_EQ(parameters(3, "skips"), parameters(2, "skips"));
}

TEST_F(MonitorsTest, AStepTakesAllOfItsBatchesAlsoBehindOneWithoutNumbers) {
  const std::string three = std::string("[run]\nmicro_steps = 3\n") + kEach;
  const std::string says = say("gradient 3", GM_DECISION_SKIP);
  run(request(watched(says, three, "whole.toml"), "whole"));
  run(request(watched(says, three + "[components.data]\npoison = 7\n", "poisoned.toml"), "poisoned"));
  EXPECT_TRUE(events("step", "poisoned")[2]["loss"].is_null());
  EXPECT_EQ(read(checkpoint(3, "poisoned") / "data.state"), read(checkpoint(3, "whole") / "data.state"));
}

TEST_F(MonitorsTest, TheLearningRateIsScaledFromTheNextStepOn) {
  run(request(watched("")));
  run(request(watched(say("step 3", GM_DECISION_SCALE, 0.5) + say("evaluation 6", GM_DECISION_SCALE, 0.5), "",
                      "scaled.toml"),
              "scaled"));
  const auto plain = rates(), scaled = rates("scaled");
  for (std::size_t i = 0; i < plain.size(); ++i)
    EXPECT_DOUBLE_EQ(scaled[i], plain[i] * (i < 3 ? 1.0 : i < 6 ? 0.5 : 0.25)) << "step " << i + 1;
}

TEST_F(MonitorsTest, ARewindTakesParametersAndMomentsBackAndLetsTheDataGoOn) {
  run(request(watched(say("gradient 6", GM_DECISION_REWIND, 0.5), "[checkpoints]\nevery = 3\nkeep = 99\n")));
  EXPECT_EQ(parameters(6), parameters(3));
  EXPECT_EQ(read(checkpoint(6) / "optimizer.safetensors"), read(checkpoint(3) / "optimizer.safetensors"));
  EXPECT_EQ(info(6)["updates"], 3);
  EXPECT_EQ(events("step").size(), 8u) << "the steps between stay counted";
  EXPECT_EQ(events("decision")[0]["to"], 3);
  EXPECT_EQ(events("decision")[0]["factor"], 0.5);
  EXPECT_EQ(info(8)["learning_rate_factor"], 0.5);
}

TEST_F(MonitorsTest, ARewindWithoutACheckpointSaysWhatIsMissing) {
  const Failure failure = failure_of(watched(say("step 3", GM_DECISION_REWIND)));
  EXPECT_EQ(failure.code(), ExitCode::numerics);
  EXPECT_THAT(failure.what(), HasSubstr("watched-recipe.toml:7:"));
  EXPECT_THAT(failure.what(),
              HasSubstr("monitor 'oracle' said rewind at step 3, and there is no checkpoint to go "
                        "back to: it is written"));
  EXPECT_THAT(failure.what(), HasSubstr("checkpoints.every"));
}

TEST_F(MonitorsTest, TheMarkedStepIsTheBest) {
  run(request(watched(say("evaluation 4", GM_DECISION_MARK_BEST), "[checkpoints]\nkeep = 1\n")));
  EXPECT_TRUE(std::filesystem::exists(checkpoint(4)));
  EXPECT_EQ(info(8)["best_step"], 4);
  const auto messages = events("message");
  EXPECT_TRUE(std::ranges::any_of(
      messages, [](const auto& event) { return event["text"] == "using the best checkpoint, of step 4"; }));
}

TEST_F(MonitorsTest, AStopEndsTheRunWellSavedAndMeasured) {
  EXPECT_EQ(run(request(watched(say("step 5", GM_DECISION_STOP)))).code, ExitCode::ok);
  EXPECT_EQ(events("step").size(), 5u);
  EXPECT_EQ(info(5)["finished"], true);
  EXPECT_EQ(events("evaluation").back()["name"], "end");
  EXPECT_EQ(events("run_finished").back()["status"], "finished");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/summary.json"));
}

TEST_F(MonitorsTest, AnAdvanceEndsTheStageAndTheNextOneStarts) {
  watched(say("step 3", GM_DECISION_ADVANCE), "", "first.toml");
  watched("", "", "second.toml");
  const auto path =
      write("whole.toml", "[[stage]]\nrecipe = \"first.toml\"\n[[stage]]\nrecipe = \"second.toml\"\n");
  EXPECT_EQ(run(request(path)).code, ExitCode::ok);
  const auto finished = events("stage_finished");
  ASSERT_EQ(finished.size(), 2u);
  EXPECT_EQ(finished[0]["step"], 3);
  EXPECT_EQ(finished[1]["step"], 8);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/checkpoints/first/finished.json"));
}

TEST_F(MonitorsTest, AfterAStopNoStageTrainsAndWhatIsThereIsMeasured) {
  watched(say("step 3", GM_DECISION_STOP), "", "first.toml");
  watched("", "", "second.toml");
  const auto path = write("whole.toml",
                          "extends = \"second.toml\"\n[run]\nsteps = 0\n"
                          "[[stage]]\nrecipe = \"first.toml\"\n[[stage]]\nrecipe = \"second.toml\"\n");
  EXPECT_EQ(run(request(path)).code, ExitCode::ok);
  EXPECT_EQ(events("stage_finished").size(), 1u);
  EXPECT_EQ(events("evaluation").back()["stage"], "");
  EXPECT_THAT(talk_, HasSubstr("left out, since a monitor ended the run: stage second"));
  resume(path);
  EXPECT_EQ(events("stage_finished").size(), 1u) << "it stays at its end";
}

TEST_F(MonitorsTest, AnAdvanceInTheLastStageIsRefusedAndNothingIsLost) {
  const Failure failure = failure_of(watched(say("step 3", GM_DECISION_ADVANCE)));
  EXPECT_EQ(failure.code(), ExitCode::recipe);
  EXPECT_THAT(failure.what(),
              HasSubstr("monitor 'oracle' said advance at step 3 in the last stage, where nothing follows"));
  EXPECT_THAT(failure.what(), HasSubstr("monitor/early-stop"));
  EXPECT_EQ(info(3)["finished"], false);
  EXPECT_EQ(events("run_finished").back()["status"], "failed");
}

TEST_F(MonitorsTest, AnAdvanceInTheLastPassOfARepeatedStageEndsIt) {
  watched(say("step 3", GM_DECISION_ADVANCE), "", "pass.toml");
  const auto path = write("whole.toml", "[[stage]]\nrecipe = \"pass.toml\"\ncycles = 2\n");
  EXPECT_EQ(run(request(path)).code, ExitCode::ok);
  EXPECT_EQ(events("stage_finished").size(), 2u);
}

TEST_F(MonitorsTest, AFailIsAFailureOfNumerics) {
  const Failure failure = failure_of(watched(say("gradient 5", GM_DECISION_FAIL), kEverySecond));
  EXPECT_EQ(failure.code(), ExitCode::numerics);
  EXPECT_THAT(failure.what(), HasSubstr("monitor 'oracle' said fail at step 5: it is written"));
  EXPECT_THAT(failure.what(), HasSubstr("step-000004"));
}

TEST_F(MonitorsTest, ASkipThatComesTooLateIsADefectOfThePlugin) {
  const Failure failure = failure_of(watched(say("step 3", GM_DECISION_SKIP)));
  EXPECT_EQ(failure.code(), ExitCode::failed);
  EXPECT_THAT(failure.what(),
              HasSubstr("oracle (test/oracle): said skip of an event 'step' when it can only of a "
                        "'gradient', which comes before the update"));
  EXPECT_THAT(failure.what(), HasSubstr("this is a defect of the plugin"));
}

TEST_F(MonitorsTest, ADecisionThatIsNoneNamesThePlugin) {
  for (const auto& [says, defect] :
       {std::pair{say("step 3", 8), "monitor.decide gave the unknown action 8"},
        std::pair{say("step 3", GM_DECISION_SCALE, -1),
                  "monitor.decide gave the factor -1 when it should be above 0 and finite"}}) {
    auto asked = request(watched(says));
    asked.fresh = true;
    try {
      run(asked);
      ADD_FAILURE() << "taken: " << defect;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::failed);
      EXPECT_THAT(failure.what(), HasSubstr(defect));
      EXPECT_THAT(failure.what(), HasSubstr("plugin oracle 0.1.0"));
    }
  }
}

TEST_F(MonitorsTest, InterruptedAfterAnyStepARunWithDecisionsEndsBitForBitTheSame) {
  const std::string says = say("gradient 2", GM_DECISION_SKIP) + say("step 3", GM_DECISION_SCALE, 0.5) +
                           say("evaluation 4", GM_DECISION_MARK_BEST) +
                           say("gradient 5", GM_DECISION_REWIND, 0.5) +
                           say("evaluation 6", GM_DECISION_SCALE, 3) + say("gradient 7", GM_DECISION_SKIP);
  const auto path = watched(says, kEach);
  run(request(path));
  run(request(path, "cut"));
  for (int last = 7; last >= 0; --last) {
    cut_after(last, "cut");
    resume(path, "cut");
    expect_same_end("cut", "run", "after a cut at step " + std::to_string(last));
    EXPECT_EQ(info(8, "cut")["learning_rate_factor"], info(8)["learning_rate_factor"]);
    EXPECT_EQ(info(8, "cut")["best_step"], 4);
  }
}

// The checkpoint that a stop leaves between is none to rewind to: a run in one piece does not have it.
TEST_F(MonitorsTest, ARewindAfterAStopGoesBackToWhereARunInOnePieceDoes) {
  const std::string says = say("gradient 6", GM_DECISION_REWIND);
  const std::string every = "[checkpoints]\nevery = 4\nkeep = 1\n";
  run(request(watched(says, every)));
  const auto signaled = watched(says, "[components.data]\nsignal = 5\n" + every, "signaled.toml");
  EXPECT_EQ(run(request(signaled, "signaled")).code, ExitCode::stopped);
  EXPECT_TRUE(std::filesystem::exists(checkpoint(5, "signaled")));
  resume(signaled, "signaled");
  EXPECT_EQ(events("decision", "signaled")[0]["to"], 4);
  expect_same_end("signaled", "run", "after a stop at step 5");
}

// A signal comes in the second call of the evaluation's own source, each time that the evaluation is made.
TEST_F(MonitorsTest, AnEvaluationThatAStopInterruptsIsMadeWhenTheRunGoesOn) {
  const auto path = watched("", R"(
[components.other]
use = "test/ramp"
signal = 2
[pipelines.look]
steps = ["other.next", "scale.apply", { call = "measures.measure", in = { x = "y" } }]
[evaluations.look]
steps = 3
)");
  EXPECT_EQ(run(request(path)).code, ExitCode::stopped);
  EXPECT_EQ(info(2)["evaluations_due"], 2);
  EXPECT_EQ(read(checkpoint(2) / "oracle.state"), "g1 s1 g2 s2 ");
  EXPECT_EQ(resume(path).code, ExitCode::stopped) << "the evaluation was made again, and interrupted again";
  EXPECT_EQ(events("step").size(), 2u) << "before any step";
}

// ---- the monitors that come with the program, at work ----

TEST_F(MonitorsTest, PlateauEndsAStageWhoseLossHasStoppedFalling) {
  const std::string flat = R"(
[components]
plateau = { use = "monitor/plateau", steps = 2 }
[components.data]
growth = 0
[learning_rate]
peak = 1e-9
floor = 0
[run]
monitors = ["plateau"]
)";
  watched("", flat, "flat.toml");
  watched("", "", "then.toml");
  const auto path =
      write("whole.toml", "[[stage]]\nrecipe = \"flat.toml\"\n[[stage]]\nrecipe = \"then.toml\"\n");
  run(request(path));
  EXPECT_EQ(events("stage_finished")[0]["step"], 4);
  EXPECT_EQ(events("decision")[0]["action"], "advance");
}

// Training shrinks y, and of score higher is better.
TEST_F(MonitorsTest, EarlyStopEndsARunWhoseFigureBecomesWorse) {
  run(request(watched("", R"(
[components]
early = { use = "monitor/early-stop", evaluation = "look", figure = "score" }
[evaluations.look]
every = 1
[run]
monitors = ["early"]
)")));
  EXPECT_EQ(events("step").size(), 4u) << "the first check and three that are worse";
  EXPECT_EQ(events("decision")[0]["action"], "stop");
  EXPECT_EQ(events("run_finished")[0]["status"], "finished");
}

TEST_F(MonitorsTest, AverageMarksTheBestCheckpoint) {
  run(request(watched("", R"(
[components]
average = { use = "monitor/average", evaluation = "look", figure = "score" }
[run]
monitors = ["average"]
[checkpoints]
keep = 1
)")));
  EXPECT_EQ(info(8)["best_step"], 2) << "the first check, since the score falls";
  EXPECT_TRUE(std::filesystem::exists(checkpoint(2)));
}

TEST_F(MonitorsTest, NumericsSkipsABatchWithoutNumbersAndRewindsWhereItMayNot) {
  const std::string guarded = R"(
[run]
monitors = ["guard"]
[checkpoints]
every = 1
keep = 9
[components.data]
poison = 4
[components.guard]
use = "monitor/numerics"
)";
  run(request(watched("", guarded)));
  EXPECT_EQ(events("decision")[0]["action"], "skip");
  EXPECT_EQ(parameters(4), parameters(3));
  EXPECT_NE(parameters(5), parameters(4));
  run(request(watched("", guarded + "skips = 0\nscale = 0.5\n", "rewinds.toml"), "rewinds"));
  EXPECT_EQ(events("decision", "rewinds")[0]["action"], "rewind");
  EXPECT_EQ(events("decision", "rewinds")[0]["to"], 3);
  EXPECT_EQ(info(8, "rewinds")["learning_rate_factor"], 0.5);
  EXPECT_EQ(failure_of(watched("", guarded + "skips = 0\nrewinds = 0\n", "fails.toml"), "fails").code(),
            ExitCode::numerics);
}

}  // namespace
}  // namespace gistmill
