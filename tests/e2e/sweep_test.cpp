// Sweeps through the real program: small trials, their ledger, what goes wrong.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/events.hpp"
#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SweepTest : public ProgramTest {
 protected:
  // A study of small trainings, and where they end.
  void study(const std::string& sweep, const std::string& name = "study.toml", const std::string& more = "") {
    write(name, ramp(R"([components]
figure = { use = "test/figure" }
[pipelines.measure]
steps = ["data.next", "scale.apply", { call = "figure.measure", in = { x = "y" } }]
[evaluations.end]
pipeline = "measure"
steps = 1
)" + more + "[sweep]\nheadline = \"number\"\n" +
                     sweep));
  }
  Answer sweep(const std::string& words) const { return gistmill("sweep " + words + " " + test_plugins()); }
  nlohmann::json status(const std::string& folder = "sweeps/study") const {
    return nlohmann::json::parse(gistmill("sweep status " + folder + " --json").out);
  }
  // Runs of a point that reached their end.
  std::size_t finished(const std::string& id) const {
    return events_of(folder_ / "sweeps/points" / id, "run_finished").size();
  }
};

TEST_F(SweepTest, APointThatWouldNotMeasureTheFigureIsRefusedBeforeAnyRuns) {
  study("axes.\"run.seed\" = [0, 1]\n", "study.toml", "every = 1\n");
  const Answer early = sweep("study.toml");
  EXPECT_EQ(early.code, 3);
  EXPECT_THAT(early.err, AllOf(HasSubstr("no evaluation runs when training has ended"),
                               HasSubstr("'end' runs every 1 steps of training")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "sweeps"));
  study("axes.\"run.seed\" = [0, 1]\n");
  const Answer other = gistmill("sweep study.toml --set 'sweep.headline=\"nubmer\"' " + test_plugins());
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, AllOf(HasSubstr("compared by 'nubmer', which no evaluation at their end measures"),
                               HasSubstr("did you mean 'number'?")));
}

TEST_F(SweepTest, EveryPointRunsOnceAndTheTableComparesThem) {
  study("axes.\"learning_rate.peak\" = [0.1, 0.2]\naxes.\"run.seed\" = [0, 1]\n");
  const Answer answer = sweep("study.toml");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("number of end in end, lower is better; 4 points"));
  EXPECT_THAT(answer.out, HasSubstr("learning_rate.peak\n  0.1"));
  EXPECT_THAT(answer.out, HasSubstr("run.seed (repeats)"));
  EXPECT_THAT(answer.out, HasSubstr("4 points, 4 done"));
  for (const auto& point : status()) {
    EXPECT_EQ(point["state"], "done");
    EXPECT_EQ(point["attempts"], 1);
    EXPECT_EQ(finished(point["id"]), 1);
  }
  const auto table = nlohmann::json::parse(gistmill("sweep table sweeps/study --json").out);
  EXPECT_EQ(table["points"].size(), 4u);
  EXPECT_EQ(table["axes"][0]["values"][1]["against_first"]["on_items"]["items"], 4);
  EXPECT_THAT(answer.err, HasSubstr("report   sweeps/study/report.html"));
  EXPECT_THAT(read(folder_ / "sweeps/study/report.html"), HasSubstr("4 of 4 points done"));
}

TEST_F(SweepTest, APointThatAnySweepHasFinishedIsNotRunAgain) {
  study("axes.\"run.seed\" = [0, 1]\n");
  ASSERT_EQ(sweep("study.toml").code, 0);
  study("axes.\"run.seed\" = [1, 2]\n", "other.toml");
  const Answer dry = sweep("other.toml --dry-run");
  EXPECT_THAT(dry.out, HasSubstr("2 points, 1 done before, 1 to run"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "sweeps/other"));
  const Answer answer = sweep("other.toml");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("was done before  run.seed=1"));
  for (const auto& point : status("sweeps/other")) EXPECT_EQ(finished(point["id"]), 1);
}

TEST_F(SweepTest, ADryRunSaysWhatPointsWillTakeFromThePlanOrFromFinishedOnes) {
  study("axes.\"run.seed\" = [0, 1]\n");
  const auto planned = nlohmann::json::parse(sweep("study.toml --dry-run --json").out);
  EXPECT_EQ(planned["to_run"], 2);
  EXPECT_THAT(planned["points"][1]["from"].get<std::string>(), HasSubstr("by the plan"));
  EXPECT_GT(planned["points"][1]["memory_bytes"], 1'000'000);
  ASSERT_EQ(sweep("study.toml --workers 1").code, 0);
  study("axes.\"run.seed\" = [0, 1, 2]\n");
  EXPECT_THAT(sweep("study.toml --dry-run").out, AllOf(HasSubstr("as 2 finished points of like recipes"),
                                                       ::testing::ContainsRegex("in all about [0-9]+ ")));
}

TEST_F(SweepTest, TheNumberOfWorkersIsChosenByCoresAndMemoryAndSaid) {
  study("axes.\"run.seed\" = [0, 1]\n");
  // Which of them it is the machine decides, and what else runs on it; tests/host/sweep/estimate_test checks
  // the choice.
  const std::string size = "[0-9.]+ .?B";
  const std::string memory = size + " for each of " + size + " free";
  EXPECT_THAT(sweep("study.toml").err,
              ::testing::ContainsRegex("\n(1 worker: one core|1 worker: memory: " + memory +
                                       "|2 workers: [0-9]+ cores, and " + memory + ")\n"));
}

TEST_F(SweepTest, AFailedPointKeepsItsMessageAndTheOthersGoOn) {
  study("axes.\"components.data.poison\" = [0, 1, 2]\n");
  const Answer answer = sweep("study.toml");
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.out, HasSubstr("3 points, 1 done, 2 failed"));
  const auto points = status();
  EXPECT_EQ(points[1]["exit_code"], 6);
  EXPECT_THAT(points[1]["error"].get<std::string>(), HasSubstr("loss is nan at step 1"));
  EXPECT_THAT(points[1]["error"].get<std::string>(), Not(HasSubstr("warning: ")))
      << "they say nothing of the failure";
  EXPECT_THAT(read(folder_ / "sweeps/points" / points[1]["id"].get<std::string>() / "trial.log"),
              HasSubstr("warning: "));
  EXPECT_THAT(gistmill("sweep status sweeps/study").out, HasSubstr("again: gistmill run "));
  EXPECT_THAT(gistmill("sweep retry sweeps/study").out, HasSubstr("2 points queued again"));
  EXPECT_EQ(gistmill("sweep work sweeps/study").code, 0);
  EXPECT_EQ(status()[2]["attempts"], 2);
}

TEST_F(SweepTest, AFailedPointKeepsTheShortestRecipeThatFailsTheSame) {
  study("axes.\"components.data.poison\" = [0, 1]\n", "study.toml", "[run]\nseed = 0\nclip = 0.5\n");
  EXPECT_EQ(sweep("study.toml --workers 1").code, 1);
  const std::string folder = "sweeps/points/" + status()[1]["id"].get<std::string>();
  const std::string recipe = read(folder_ / folder / "failed.toml");
  EXPECT_THAT(recipe, HasSubstr("# The shortest recipe that fails so:\n#   loss is nan at step 1"));
  EXPECT_THAT(recipe, HasSubstr("poison = 1\n"));
  EXPECT_THAT(recipe, HasSubstr("clip = 0.5\n"));
  EXPECT_THAT(recipe, Not(HasSubstr("seed")));  // 0 by default
  EXPECT_THAT(recipe, Not(HasSubstr("evaluations")));
  EXPECT_THAT(recipe, Not(HasSubstr("figure")));
  EXPECT_THAT(recipe, Not(HasSubstr("[lock]")));
  EXPECT_THAT(gistmill("sweep status sweeps/study").out, HasSubstr(folder + "/failed.toml"));
  const Answer again = gistmill("run " + folder + "/failed.toml " + test_plugins());
  EXPECT_EQ(again.code, 6);
  EXPECT_THAT(again.err, HasSubstr("loss is nan at step 1 of 2"));
}

// The folder of one point lies on a disk of its own, which is full until the second half.
constexpr const char* kFullDisk = R"sh(
set -e
g() { "$GISTMILL" "$@"; }
id=$(g sweep study.toml --dry-run $PLUGINS | sed -n 's/ .*run.seed=1$//p')
mkdir -p sweeps/points/$id
mount -t tmpfs -o size=1M none sweeps/points/$id || exit 77
head -c $((1048576 - 65536)) /dev/zero > sweeps/points/$id/filler
g sweep study.toml --workers 1 $PLUGINS > sweep.txt 2>&1 && exit 1
g sweep status sweeps/study --json > full.json
rm sweeps/points/$id/filler
g sweep retry sweeps/study
g sweep work sweeps/study
g sweep status sweeps/study --json > free.json
)sh";

TEST_F(SweepTest, AFullDiskFailsOnlyThePointThatMetItAndRetryCompletesIt) {
  study("axes.\"run.seed\" = [0, 1, 2]\n", "study.toml", "[run]\nsteps = 200\n[checkpoints]\nevery = 10\n");
  write("full.sh", kFullDisk);
  const std::string command = "cd '" + folder_.string() +
                              "' && GISTMILL='" GISTMILL_BUILD_DIR
                              "/bin/gistmill' PLUGINS=\"--plugins " GISTMILL_BUILD_DIR
                              "/tests/plugins\" unshare -rm sh full.sh > full.log 2>&1";
  if (std::system("unshare -rm mount -t tmpfs none /mnt 2> /dev/null") != 0)
    GTEST_SKIP() << "no disk of its own can be made here: unshare or mount is not allowed";
  ASSERT_EQ(WEXITSTATUS(std::system(command.c_str())), 0)
      << read(folder_ / "full.log") << read(folder_ / "sweep.txt");
  const auto full = nlohmann::json::parse(read(folder_ / "full.json"));
  EXPECT_EQ(full[0]["state"], "done");
  EXPECT_EQ(full[1]["state"], "failed");
  EXPECT_THAT(full[1]["error"].get<std::string>(), HasSubstr("no space left on device"));
  EXPECT_EQ(full[2]["state"], "done");
  for (const auto& point : nlohmann::json::parse(read(folder_ / "free.json")))
    EXPECT_EQ(point["state"], "done");
}

TEST_F(SweepTest, OnFailureStopLeavesTheOthersInTheQueue) {
  study("axes.\"components.data.poison\" = [1, 0]\n");
  EXPECT_EQ(sweep("study.toml --workers 1 --on-failure stop").code, 1);
  EXPECT_EQ(status()[1]["state"], "queued");
}

TEST_F(SweepTest, EditingTheRecipeChangesNothingThatIsQueued) {
  study("axes.\"components.data.poison\" = [1, 0]\n", "study.toml", "[run]\nsteps = 4\n");
  EXPECT_EQ(sweep("study.toml --workers 1 --on-failure stop").code, 1);
  study("axes.\"components.data.poison\" = [1, 0]\n", "study.toml", "[run]\nsteps = 9\n");
  EXPECT_THAT(sweep("study.toml").err, HasSubstr("holds a sweep of other points than study.toml has now"));
  EXPECT_EQ(gistmill("sweep work sweeps/study --on-failure continue").code, 0);
  const auto id = status()[1]["id"].get<std::string>();
  EXPECT_TRUE(std::filesystem::exists(folder_ / "sweeps/points" / id / "checkpoints/step-000004"));
}

TEST_F(SweepTest, ExtendAddsPointsAndRunsOnlyThose) {
  study("axes.\"run.seed\" = [0, 1]\n");
  ASSERT_EQ(sweep("study.toml").code, 0);
  study("axes.\"run.seed\" = [0, 1, 2]\n");
  const Answer answer = gistmill("sweep extend study.toml " + test_plugins());
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("3 points, 3 done"));
  for (const auto& point : status()) EXPECT_EQ(point["attempts"], 1);
}

TEST_F(SweepTest, WhatIsWrongAtOnePointIsSaidBeforeAnythingRuns) {
  study("axes.\"components.data.size\" = [10, -3]\n");
  const Answer answer = sweep("study.toml");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("components.data.size"));
  EXPECT_THAT(answer.err, HasSubstr("at the point components.data.size=-3"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "sweeps"));
}

TEST_F(SweepTest, AnAxisKeyThatDoesNotExistIsRefusedWithTheNearest) {
  study("axes.\"components.data.sizze\" = [10, 20]\n");
  const Answer answer = sweep("study.toml");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("did you mean 'size'?"));
}

TEST_F(SweepTest, AnAxisThatChangesNothingIsRefusedByName) {
  study("axes.\"run.threads\" = [1, 2]\n");
  const Answer answer = sweep("study.toml");
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("the axis 'run.threads' changes nothing"));
}

TEST_F(SweepTest, AStudyItselfIsNotRun) {
  study("axes.\"run.seed\" = [0, 1]\n");
  const Answer answer = gistmill("run study.toml " + test_plugins());
  EXPECT_EQ(answer.code, 3);
  EXPECT_THAT(answer.err, HasSubstr("the recipe is a study"));
  EXPECT_THAT(answer.err, HasSubstr("gistmill sweep study.toml"));
}

TEST_F(SweepTest, ThreadsOfATrialAreANumberOrARange) {
  study("axes.\"run.seed\" = [0, 1]\n");
  ASSERT_EQ(sweep("study.toml").code, 0);
  EXPECT_EQ(gistmill("sweep work sweeps/study --threads 1-2").code, 0);
  const Answer answer = gistmill("sweep work sweeps/study --threads 2-1");
  EXPECT_EQ(answer.code, 2);
  EXPECT_THAT(answer.err, HasSubstr("--threads is '2-1' when it should be a number, or a range such as 1-8"));
}

TEST_F(SweepTest, AFolderWithoutASweepIsNamed) {
  std::filesystem::create_directories(folder_ / "empty");
  const Answer answer = gistmill("sweep status empty");
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.err, HasSubstr("empty holds no sweep"));
}

TEST_F(SweepTest, WithoutSlurmNothingIsFrozenForIt) {
  study("axes.\"run.seed\" = [0, 1]\n");
  const Answer answer = gistmill("sweep study.toml --slurm " + test_plugins(), "PATH=/nowhere");
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.err, HasSubstr("there is no sbatch in PATH"));
  EXPECT_THAT(answer.err, HasSubstr("without --slurm runs the points on this machine"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "sweeps"));
}

// An sbatch that runs the script at once as one task.
TEST_F(SweepTest, SlurmTasksAreWorkersOfTheSweepAndStatusNamesTheirJob) {
  study("axes.\"run.seed\" = [0, 1]\n");
  write("slurm/sbatch", "#!/bin/sh\nbash \"$2\" > task.log 2>&1 || exit 1\necho 4711\n");
  std::filesystem::permissions(folder_ / "slurm/sbatch", std::filesystem::perms::owner_all);
  const Answer answer = gistmill("sweep study.toml --slurm --slurm-options '--gres=gpu:1' " + test_plugins(),
                                 "PATH=\"$PWD/slurm:$PATH\"");
  ASSERT_EQ(answer.code, 0) << answer.err << read(folder_ / "task.log");
  EXPECT_THAT(answer.out, HasSubstr("slurm job 4711: 2 tasks for 2 points"));
  EXPECT_THAT(read(folder_ / "sweeps/study/slurm.sh"), HasSubstr("#SBATCH --gres=gpu:1\n"));
  for (const auto& point : status()) EXPECT_EQ(point["state"], "done");
  EXPECT_THAT(gistmill("sweep status sweeps/study").out, HasSubstr("slurm job 4711, 2 tasks"));
}

TEST_F(SweepTest, WhatSbatchRefusesIsSaidAndThePointsStayFrozen) {
  study("axes.\"run.seed\" = [0, 1]\n");
  write("slurm/sbatch", "#!/bin/sh\necho 'sbatch: error: invalid partition specified: gpu' >&2\nexit 1\n");
  std::filesystem::permissions(folder_ / "slurm/sbatch", std::filesystem::perms::owner_all);
  const Answer answer = gistmill("sweep study.toml --slurm " + test_plugins(), "PATH=\"$PWD/slurm:$PATH\"");
  EXPECT_EQ(answer.code, 1);
  EXPECT_THAT(answer.err, HasSubstr("invalid partition specified: gpu"));
  EXPECT_EQ(status().size(), 2u);
}

}  // namespace
}  // namespace gistmill
