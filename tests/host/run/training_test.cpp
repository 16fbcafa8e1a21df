// Training through plugins: gradients across the C ABI, stopping, resuming, numbers that are not finite.
#include <gmock/gmock.h>

#include <cstring>

#include "gistmill/formats/safetensors.hpp"
#include "host/diagnostic/failure.hpp"
#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using TrainingTest = RunTest;

std::vector<float> floats(const formats::Safetensors& file, const std::string& name) {
  const auto& tensor = file.tensor(name);
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

// loss = sum (a x)^2 / 2 with x = (1/4, 2/4, 3/4, 1) and a = 1: loss 0.9375, dloss/da = a x^2.
TEST_F(TrainingTest, GradientsOfTwoPlainCallsAreThoseOfTheFormula) {
  run(request(recipe()));
  const auto steps = events("step");
  ASSERT_EQ(steps.size(), 8u);
  EXPECT_NEAR(steps[0]["loss"].get<double>(), 0.9375, 1e-6);
  double squares = 0;
  for (const double x : {0.25, 0.5, 0.75, 1.0}) squares += x * x * x * x;
  EXPECT_NEAR(steps[0]["gradient_norm"].get<double>(), std::sqrt(squares), 1e-6);
  EXPECT_LT(steps[7]["loss"].get<double>(), steps[0]["loss"].get<double>());
}

TEST_F(TrainingTest, TheOptimizerChangesTheMemoryThatThePluginComputesWith) {
  run(request(recipe()));
  const formats::Safetensors saved(folder_ / "run/checkpoints/step-000008/parameters.safetensors");
  for (const float a : floats(saved, "scale.a")) {
    EXPECT_NEAR(a, 1.0f - 0.395f, 0.01f);  // AdamW on a steady gradient steps by the rate; 0.395 is their sum
  }
}

// dloss/da = a x^2, and x is r, 2 r, 3 r, 4 r: the mean of the squares is 7.5.
TEST_F(TrainingTest, MicroStepsAverageTheirGradients) {
  const std::string growing = "[components]\ndata = { use = \"test/ramp\", growth = 1 }\n[run]\nsteps = 1\n";
  run(request(recipe(growing)));
  run(request(recipe(growing + "micro_steps = 4\n", "micro.toml"), "micro"));
  EXPECT_NEAR(events("step", "micro")[0]["gradient_norm"].get<double>(),
              7.5 * events("step")[0]["gradient_norm"].get<double>(), 1e-5);
}

// The data is the same in both; what differs is the number that mask multiplies it by.
TEST_F(TrainingTest, MicroStepsDrawNumbersOfTheirOwn) {
  const std::string masked = R"(
[components]
mask = { use = "test/mask" }
[pipelines.train]
steps = ["data.next", { call = "mask.apply", out = { y = "masked" } },
         { call = "scale.apply", in = { x = "masked" } }, "loss.value"]
[run]
steps = 1
)";
  run(request(recipe(masked)));
  run(request(recipe(masked + "micro_steps = 2\n", "micro.toml"), "micro"));
  EXPECT_NE(events("step", "micro")[0]["loss"], events("step")[0]["loss"]);
}

TEST_F(TrainingTest, ASlotThatIsReadTwiceGetsBothGradients) {
  const auto path = recipe(R"(
[components]
second = { use = "test/scale" }
[pipelines.train]
steps = ["data.next", "scale.apply", { call = "second.apply", in = { x = "y" }, out = { y = "z" } },
         { call = "loss.value", in = { y = "z" } }]
train = ["scale", "second"]
)");
  run(request(path));
  double squares = 0;  // both parameters are ones: each has gradient x^2
  for (const double x : {0.25, 0.5, 0.75, 1.0}) squares += 2 * x * x * x * x;
  EXPECT_NEAR(events("step")[0]["gradient_norm"].get<double>(), std::sqrt(squares), 1e-6);
}

TEST_F(TrainingTest, ClippingLimitsTheStepAndReportsTheNormBeforeIt) {
  run(request(recipe("[run]\nsteps = 1\nclip = 0.001\n")));
  EXPECT_GT(events("step")[0]["gradient_norm"].get<double>(), 1.0);
  // AdamW divides by the gradient's size, so the parameters do not show a clip. Its first moment does: a
  // tenth of the gradient that it was given.
  const formats::Safetensors saved(folder_ / "run/checkpoints/step-000001/optimizer.safetensors");
  double squares = 0;
  for (const float moment : floats(saved, "optimizer.scale.a.first_moment")) squares += moment * moment;
  EXPECT_NEAR(std::sqrt(squares), 0.1 * 0.001, 1e-8);
}

TEST_F(TrainingTest, ClippingLeavesAShorterGradientAsItIs) {
  run(request(recipe("[run]\nsteps = 1\nclip = 100.0\n")));
  const formats::Safetensors saved(folder_ / "run/checkpoints/step-000001/optimizer.safetensors");
  double squares = 0;
  for (const float moment : floats(saved, "optimizer.scale.a.first_moment")) squares += moment * moment;
  EXPECT_NEAR(std::sqrt(squares), 0.1 * events("step")[0]["gradient_norm"].get<double>(), 1e-6);
}

TEST_F(TrainingTest, StoppedAndResumedRunEqualsTheStraightOneBitForBit) {
  run(request(recipe("[checkpoints]\nevery = 1\nkeep = 100\n")));
  auto again = request(folder_ / "recipe.toml", "again");
  run(again);
  for (const int cut : {1, 4, 7}) {  // as if the process had ended right after that step
    for (int step = cut + 1; step <= 8; ++step) {
      std::filesystem::remove_all(folder_ / ("again/checkpoints/step-00000" + std::to_string(step)));
    }
    std::filesystem::remove(folder_ / "again/summary.json");
    again.resume = true;
    run(again);
    for (const char* file : {"parameters.safetensors", "optimizer.safetensors", "data.state"}) {
      EXPECT_EQ(read(folder_ / "run/checkpoints/step-000008" / file),
                read(folder_ / "again/checkpoints/step-000008" / file))
          << file << " after a cut at step " << cut;
    }
  }
}

TEST_F(TrainingTest, ASignalSavesAndTheRunContinuesFromThere) {
  const auto path = recipe("[components]\ndata = { use = \"test/ramp\", growth = 1, signal = 3 }\n");
  EXPECT_EQ(run(request(path)).code, ExitCode::stopped);
  EXPECT_THAT(talk_, HasSubstr("--resume"));
  ASSERT_EQ(events("checkpoint").size(), 1u);
  EXPECT_EQ(events("checkpoint")[0]["path"], "checkpoints/step-000003");
  auto again = request(path);
  again.resume = true;  // the data goes on with its fourth call, in which there is no signal
  EXPECT_EQ(run(again).code, ExitCode::ok);
  EXPECT_EQ(events("step").size(), 8u);
  run(request(recipe("[components]\ndata = { use = \"test/ramp\", growth = 1 }\n", "straight.toml"),
              "straight"));
  for (const char* file : {"parameters.safetensors", "optimizer.safetensors"}) {
    EXPECT_EQ(read(folder_ / "run/checkpoints/step-000008" / file),
              read(folder_ / "straight/checkpoints/step-000008" / file))
        << file;
  }
}

TEST_F(TrainingTest, ANumberThatIsNotFiniteStopsBeforeParametersChange) {
  const auto path = recipe(
      "[components]\ndata = { use = \"test/ramp\", poison = 5 }\n[checkpoints]\nevery = 1\nkeep = 9\n");
  try {
    run(request(path));
    FAIL() << "the run went on";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::numerics);
    EXPECT_THAT(failure.what(), HasSubstr("loss is nan at step 5 of 8; parameters are those of step 4"));
    EXPECT_THAT(failure.what(), HasSubstr("step-000004"));
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/checkpoints/step-000004/checkpoint.json"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/checkpoints/step-000005"));
}

TEST_F(TrainingTest, ACheckpointThatIsNotThereIsSaidBeforeAnythingRunsWithThoseThatAre) {
  std::filesystem::create_directories(folder_ / "before/checkpoints/step-000051");
  const std::string asked = (folder_ / "before/checkpoints/step-002000").string();
  try {
    run(request(recipe("[components.scale]\nparameters = \"" + asked + "\"\n")));
    FAIL() << "the run went on";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::recipe);
    EXPECT_THAT(failure.what(), HasSubstr("scale starts from '" + asked + "', which does not exist"));
    EXPECT_THAT(failure.what(), HasSubstr("in its folder there are: step-000051"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

TEST_F(TrainingTest, DataThatEndsEarlyIsSaidSo) {
  try {
    run(request(recipe("[components]\ndata = { use = \"test/ramp\", calls = 3 }\n")));
    FAIL() << "the run went on";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("the data ended at step 4 of 8"));
  }
}

TEST_F(TrainingTest, AnotherRecipesCheckpointIsRefused) {
  run(request(recipe("[checkpoints]\nevery = 4\n")));
  std::filesystem::remove(folder_ / "run/summary.json");
  const std::string lock = read(folder_ / "run/recipe.lock.toml");
  auto changed = request(recipe("[learning_rate]\npeak = 0.2\n"));
  changed.resume = true;
  try {
    run(changed);
    FAIL() << "the run went on";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("holds an unfinished run of another recipe than"));
  }
  EXPECT_EQ(read(folder_ / "run/recipe.lock.toml"), lock);  // the run can still go on with its own recipe
}

TEST_F(TrainingTest, ADamagedCheckpointIsLeftOutAndTheOneBeforeItTaken) {
  const auto path = recipe("[checkpoints]\nevery = 1\nkeep = 9\n");
  run(request(path));
  std::filesystem::remove(folder_ / "run/summary.json");
  const auto file = folder_ / "run/checkpoints/step-000008/parameters.safetensors";
  std::string bytes = read(file);
  bytes.back() ^= 1;
  std::ofstream(file, std::ios::binary) << bytes;
  auto again = request(path);
  again.resume = true;
  run(again);
  const auto started = events("stage_started");
  EXPECT_EQ(started.back()["step"], 7);
  EXPECT_THAT(events("message")[0]["text"].get<std::string>(), HasSubstr("SHA-256"));
}

TEST_F(TrainingTest, ARunThatFailedBeforeItsFirstStepLeavesNothingInTheWay) {
  const auto poisoned_at = [&](const char* step) {
    return recipe(std::string("[components]\ndata = { use = \"test/ramp\", poison = ") + step + " }\n");
  };
  EXPECT_THROW(run(request(poisoned_at("1"))), Failure);
  EXPECT_THROW(run(request(poisoned_at("2"))), Failure);
  EXPECT_EQ(events("run_started").size(), 1u);
  try {
    run(request(recipe()));
    FAIL() << "the run was overwritten";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("already holds an unfinished run"));
  }
}

TEST_F(TrainingTest, AFolderWithARunIsNotOverwritten) {
  const auto path = recipe();
  run(request(path));
  try {
    run(request(path));
    FAIL() << "the run was overwritten";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("already holds a finished run"));
    EXPECT_THAT(failure.what(), HasSubstr("--fresh"));
  }
}

TEST_F(TrainingTest, TheRunFolderHoldsLockEventsAndSummaryAndLeavesTheReportToTheProgram) {
  const RunOutcome outcome = run(request(recipe()));
  for (const char* name : {"recipe.lock.toml", "events.jsonl", "summary.json"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / "run" / name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/report.html"));
  EXPECT_EQ(outcome.report_due, folder_ / "run");
  EXPECT_THAT(read(folder_ / "run/recipe.lock.toml"), HasSubstr("sha256"));
}

TEST_F(TrainingTest, TheLockOfARunWithStagesRunsAgainWithoutTheFilesOfItsStages) {
  recipe("", "part.toml");
  const auto whole = write("whole.toml", "[[stage]]\nrecipe = 'part.toml'\nset = ['run.steps=3']\n");
  run(request(whole));
  EXPECT_THAT(read(folder_ / "run/recipe.lock.toml"), Not(HasSubstr(folder_.string())));
  for (const char* name : {"part.toml", "base.toml", "whole.toml"}) std::filesystem::remove(folder_ / name);
  run(request(folder_ / "run/recipe.lock.toml", "again"));
  const auto saved = [&](const char* name) {
    return read(folder_ / name / "checkpoints/part/step-000003/parameters.safetensors");
  };
  EXPECT_EQ(saved("again"), saved("run"));
  EXPECT_EQ(read(folder_ / "again/recipe.lock.toml"), read(folder_ / "run/recipe.lock.toml"));
}

class ExportTest : public RunTest {
 protected:
  // Of the run in `run`, to `folder`.
  RunOutcome export_to(const std::string& folder, bool merge = false) {
    RunRequest asked = request(folder_ / "run");
    asked.verb = RunVerb::export_run;
    asked.target = folder_ / folder;
    asked.merge = merge;
    return run(asked);
  }
  std::string refusal(const std::string& folder, bool merge = false) {
    try {
      export_to(folder, merge);
    } catch (const Failure& failure) {
      return failure.message();
    }
    return "";
  }
};

TEST_F(ExportTest, TheComponentThatTrainedWritesTheParametersOfTheLastCheckpoint) {
  run(request(recipe()));
  const RunOutcome outcome = export_to("out");
  EXPECT_THAT(outcome.text, HasSubstr("scale (test/scale) of"));
  const formats::Safetensors saved(folder_ / "run/checkpoints/step-000008/parameters.safetensors");
  std::istringstream lines(read(folder_ / "out/a.txt"));
  for (const float a : floats(saved, "scale.a")) {
    float written = 0;
    lines >> written;
    EXPECT_EQ(written, a);
  }
}

TEST_F(ExportTest, TheLastStageIsTaken) {
  recipe("", "part.toml");
  run(request(write("whole.toml",
                    "[[stage]]\nrecipe = 'part.toml'\n[[stage]]\nname = 'more'\nrecipe = 'part.toml'\n")));
  EXPECT_THAT(export_to("out").json, HasSubstr("checkpoints/more/step-000008"));
}

TEST_F(ExportTest, RefusesWhatCannotBeExportedAndLeavesNothing) {
  EXPECT_THAT(refusal("out"), HasSubstr("holds no run"));
  run(request(recipe()));
  EXPECT_THAT(refusal("out", true), HasSubstr("has an operation 'save_merged'"));
  std::filesystem::create_directories(folder_ / "full/something");
  EXPECT_THAT(refusal("full"), HasSubstr("already exists"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr(".tmp")));
}

}  // namespace
}  // namespace gistmill
