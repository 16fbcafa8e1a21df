// Reading a run's events back: resumed runs, crashes, damage.
#include "host/record/run_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "host/diagnostic/failure.hpp"
#include "tests/host/report/scratch_folder.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string started(double time, bool resumed = false) {
  return R"({"event":"run_started","time":)" + std::to_string(time) +
         R"(,"recipe":"quickstart.toml","version":"0.1.0","threads":2,"seed":7,"resumed":)" +
         (resumed ? "true" : "false") +
         R"(,"command":["gistmill","run"],"plugins":[{"name":"p","version":"1","digest":"ab"}]})" + "\n";
}

std::string step(int number, double time, double loss) {
  return R"({"event":"step","time":)" + std::to_string(time) + R"(,"stage":"train","step":)" +
         std::to_string(number) + R"(,"steps":4,"loss":)" + std::to_string(loss) +
         R"(,"learning_rate":0.001,"gradient_norm":1.5,"seconds":0.5,"items":7,"peak_memory_bytes":1000})" +
         "\n";
}

std::string evaluation(int number, double mean, const std::string& name = "heldout") {
  return R"({"event":"evaluation","time":1,"stage":"train","name":")" + name + R"(","step":)" +
         std::to_string(number) + R"(,"entries":[{"variant":"a","figure":"delta_nll.32","mean":)" +
         std::to_string(mean) + "}]}\n";
}

std::string finished(double time, double seconds, const std::string& status = "finished") {
  return R"({"event":"run_finished","time":)" + std::to_string(time) + R"(,"status":")" + status +
         R"(","seconds":)" + std::to_string(seconds) + R"(,"peak_memory_bytes":2000})" + "\n";
}

std::vector<std::int64_t> steps_of(const RunRecord& record) {
  std::vector<std::int64_t> out;
  for (const StepPoint& point : record.stages.at(0).points) out.push_back(point.step);
  return out;
}

TEST(RunRecord, KnowsDecisionsAndForgetsThoseOfStepsThatAreRepeated) {
  const auto decision = [](int at, const std::string& reason) {
    return R"({"event":"decision","time":1,"stage":"train","monitor":"guard","action":"rewind","factor":0.5,"step":)" +
           std::to_string(at) + R"(,"reason":")" + reason + "\"}\n";
  };
  const RunRecord record =
      record_from_events(started(100) + step(1, 101, 2.0) + decision(1, "a") + step(2, 102, 1.0) +
                         decision(2, "b") + started(110, true) + step(2, 111, 1.5) + decision(2, "c"));
  ASSERT_THAT(record.decisions, SizeIs(2));
  EXPECT_EQ(record.decisions[0].text(), "guard said rewind at step 1, learning rate times 0.5: a");
  EXPECT_EQ(record.decisions[1].reason, "c");
}

TEST(RunRecord, KnowsCheckpointsAndForgetsThoseOfStepsThatAreRepeated) {
  const auto checkpoint = [](int at) {
    return R"({"event":"checkpoint","time":1,"stage":"train","best":false,"step":)" + std::to_string(at) +
           "}\n";
  };
  const RunRecord record =
      record_from_events(started(100) + step(1, 101, 2.0) + checkpoint(1) + step(2, 102, 1.0) +
                         checkpoint(2) + started(110, true) + step(2, 111, 1.5));
  ASSERT_THAT(record.checkpoints, SizeIs(1));
  EXPECT_EQ(record.checkpoints[0].step, 1);
}

TEST(RunRecord, TakesTheNumberOfStepsFromTheLatestEvent) {
  const std::string plan = R"({"event":"stage_started","stage":"train","steps":190})"
                           "\n";
  EXPECT_EQ(record_from_events(started(100) + plan).stages.at(0).steps, 190);
  EXPECT_EQ(record_from_events(started(100) + plan + step(1, 101, 2.0)).stages.at(0).steps, 4);
}

TEST(RunRecord, KeepsThePartsOfTheLossOfEachStep) {
  const RunRecord record = record_from_events(
      started(100) + step(1, 101, 2.0) +
      R"({"event":"step","stage":"train","step":2,"loss":1.5,"losses":{"nll":1.0,"apart":null}})" + "\n" +
      R"({"event":"step","stage":"train","step":3,"loss":1.5,"losses":"none"})" + "\n");
  const std::vector<StepPoint>& points = record.stages.at(0).points;
  ASSERT_THAT(points, SizeIs(3));
  EXPECT_TRUE(points[0].losses.empty());
  EXPECT_EQ(points[1].losses.at("nll"), 1.0);
  EXPECT_TRUE(std::isnan(points[1].losses.at("apart")));
  EXPECT_TRUE(points[2].losses.empty());
}

TEST(RunRecord, KeepsEachContentOnceOverStages) {
  const std::string first = R"({"event":"contents","time":101,"stage":"a","contents":)"
                            R"([{"instance":"teacher","use":"teacher/x","digest":"ab"}]})";
  const std::string second = R"({"event":"contents","time":102,"stage":"b","contents":)"
                             R"([{"instance":"teacher","use":"teacher/x","digest":"ab"},)"
                             R"({"instance":"corpus","use":"dataset/y","digest":"cd"}]})";
  const RunRecord record = record_from_events(started(100) + first + "\n" + second + "\n");
  ASSERT_THAT(record.contents, SizeIs(2));
  EXPECT_EQ(record.contents[0].what, "teacher/x");
  EXPECT_EQ(record.contents[1].digest, "cd");
}

TEST(RunRecord, CollectsWhatTheRunSaid) {
  const RunRecord record = record_from_events(
      started(100) +
      R"({"event":"stage_started","time":101,"stage":"train","steps":4,"trains":["gist"],"parameters":2950000})"
      "\n" +
      step(1, 102, 2.5) + step(2, 103, 2.25) + evaluation(2, 0.5) +
      R"({"event":"message","time":104,"level":"warning","instance":"teacher","text":"slow"})"
      "\n" +
      finished(110, 10));
  EXPECT_EQ(record.recipe, "quickstart.toml");
  EXPECT_EQ(record.seed, 7);
  EXPECT_EQ(record.started, 100.0);
  EXPECT_EQ(record.seconds, 10.0);
  EXPECT_EQ(record.status, "finished");
  EXPECT_EQ(record.peak_memory_bytes, 2000U);
  EXPECT_THAT(record.command, ElementsAre("gistmill", "run"));
  EXPECT_EQ(record.plugins.at(0).digest, "ab");
  ASSERT_THAT(record.stages, SizeIs(1));
  EXPECT_EQ(record.stages[0].parameters, 2'950'000U);
  EXPECT_THAT(record.stages[0].trains, ElementsAre("gist"));
  EXPECT_EQ(record.stages[0].points.at(1).loss, 2.25);
  EXPECT_EQ(record.stages[0].points.at(1).learning_rate, 0.001);
  EXPECT_EQ(record.stages[0].evaluations.at(0).step, 2);
  EXPECT_EQ(record.messages.at(0).instance, "teacher");
  EXPECT_EQ(record.damaged_lines, 0);
}

TEST(RunRecord, IsEmptyWithoutEvents) {
  const RunRecord record = record_from_events("");
  EXPECT_TRUE(record.stages.empty());
  EXPECT_EQ(record.status, "");
  EXPECT_EQ(record.seconds, 0.0);
}

TEST(RunRecord, PassesOverALastLineThatACrashCutShort) {
  const RunRecord record =
      record_from_events(started(100) + step(1, 101, 2.0) + step(2, 102, 1.0).substr(0, 40));
  EXPECT_THAT(steps_of(record), ElementsAre(1));
  EXPECT_EQ(record.damaged_lines, 0);
  EXPECT_EQ(record.status, "");
}

TEST(RunRecord, CountsDamagedLinesInTheMiddle) {
  const RunRecord record = record_from_events(started(100) + "{\"event\":\n[1,2]\n\xFF\xFE\n" +
                                              step(1, 101, 2.0) + "\n\n" + step(2, 102, 1.0));
  EXPECT_THAT(steps_of(record), ElementsAre(1, 2));
  EXPECT_EQ(record.damaged_lines, 3);
}

TEST(RunRecord, IgnoresKindsAndKeysThatItDoesNotKnow) {
  const RunRecord record =
      record_from_events("{\"event\":\"later\",\"time\":1,\"x\":{}}\n" + step(1, 2, 2.0));
  EXPECT_THAT(steps_of(record), ElementsAre(1));
  EXPECT_EQ(record.damaged_lines, 0);
}

TEST(RunRecord, ForgetsStepsThatAResumedRunRepeats) {
  const RunRecord record = record_from_events(
      started(100) + step(1, 101, 4.0) + step(2, 102, 3.0) + step(3, 103, 2.0) + evaluation(3, 0.9) +
      started(200, true) + step(2, 201, 3.5) + step(3, 202, 2.5) + evaluation(3, 0.7) + finished(210, 10));
  EXPECT_THAT(steps_of(record), ElementsAre(1, 2, 3));
  EXPECT_EQ(record.stages[0].points[1].loss, 3.5);
  ASSERT_THAT(record.stages[0].evaluations, SizeIs(1));
  EXPECT_DOUBLE_EQ(record.stages[0].evaluations[0].entries.at(0).measured.value, 0.7);
  EXPECT_EQ(record.resumptions, 1);
}

TEST(RunRecord, AddsTheTimeOfAllProcessesWithoutThePauses) {
  // Stopped after 12 s; crashed 5 s after its start; then 20 s.
  const RunRecord record =
      record_from_events(started(100) + finished(112, 12, "stopped") + started(1000, true) +
                         step(1, 1005, 2.0) + started(5000, true) + finished(5020, 20));
  EXPECT_DOUBLE_EQ(record.seconds, 37.0);
  EXPECT_EQ(record.resumptions, 2);
  EXPECT_EQ(record.status, "finished");
}

TEST(RunRecord, OfACrashedRunLastsUntilItsLastEvent) {
  EXPECT_DOUBLE_EQ(record_from_events(started(100) + step(1, 107, 2.0)).seconds, 7.0);
}

TEST(RunRecord, TakesALossOfNullAsNotANumber) {
  const RunRecord record =
      record_from_events("{\"event\":\"step\",\"stage\":\"train\",\"step\":1,\"loss\":null}\n");
  EXPECT_TRUE(std::isnan(record.stages.at(0).points.at(0).loss));
}

TEST(RunRecord, SurvivesValuesOfTheWrongType) {
  const RunRecord record = record_from_events(
      "{\"event\":5}\n{\"event\":\"step\",\"stage\":[],\"step\":\"one\",\"loss\":{}}\n"
      "{\"event\":\"run_started\",\"time\":\"now\",\"stages\":3,\"command\":[1],\"plugins\":[null]}\n"
      "{\"event\":\"evaluation\",\"entries\":7}\n{\"event\":\"stage_started\",\"steps\":1e300,\"parameters\":"
      "-5}\n");
  EXPECT_EQ(record.damaged_lines, 1);  // the evaluation
  EXPECT_TRUE(record.command.empty());
  EXPECT_TRUE(record.plugins.empty());
}

TEST(RunRecord, KeepsTheLastEvaluationOfEachNameAsFinal) {
  const RunRecord record =
      record_from_events(evaluation(2, 0.5) + evaluation(4, 0.4) + evaluation(4, 0.3, "other"));
  ASSERT_THAT(record.evaluations, SizeIs(2));
  EXPECT_EQ(record.evaluations[0].step, 4);
  EXPECT_EQ(record.evaluations[1].name, "other");
}

TEST(RunRecord, PrefersTheEvaluationsOfTheSummary) {
  const ScratchFolder folder;
  std::ofstream(folder / "events.jsonl") << evaluation(2, 0.5);
  std::ofstream(folder / "summary.json")
      << R"({"format":1,"evaluations":[{"name":"final","entries":[{"variant":"a"}]}]})";
  std::ofstream(folder / "recipe.lock.toml") << "[run]\n";
  const RunRecord record = read_run(folder.path());
  ASSERT_THAT(record.evaluations, SizeIs(1));
  EXPECT_EQ(record.evaluations[0].name, "final");
  EXPECT_EQ(record.recipe_lock, "[run]\n");
}

TEST(RunRecord, TellsOfASummaryThatMakesNoSense) {
  const ScratchFolder folder;
  std::ofstream(folder / "events.jsonl") << evaluation(2, 0.5);
  std::ofstream(folder / "summary.json") << R"({"format":9})";
  const RunRecord record = read_run(folder.path());
  EXPECT_THAT(record.messages.at(0).text, HasSubstr("summary has format 9 when it should be 1"));
  EXPECT_EQ(record.evaluations.at(0).name, "heldout");
}

TEST(RunRecord, HasTheItemsThatTheRunKept) {
  const ScratchFolder folder;
  MeasuredItems items;
  items.rows.name = "heldout";
  items.rows.figures = {{"delta", {}}};
  items.rows.variants.push_back({"gist", "", true, {{0.5}}, {3}, {"a.0"}});
  write_items(items_file(folder.path(), "", "heldout"), items);
  EXPECT_EQ(read_run(folder.path()).items.at(0).rows.variants.at(0).keys.at(0), "a.0");
  std::ofstream(folder / "items/heldout.jsonl") << "{}";
  const RunRecord damaged = read_run(folder.path());
  EXPECT_TRUE(damaged.items.empty());
  EXPECT_THAT(damaged.messages.at(0).text, HasSubstr("is no file of measured items"));
}

TEST(RunRecord, RefusesAFolderThatIsNotThere) {
  const ScratchFolder folder;
  try {
    read_run(folder / "nowhere");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::failed);
    EXPECT_THAT(failure.message(), HasSubstr("no run folder '"));
    EXPECT_THAT(failure.notes().front(), HasSubstr("runs/NAME"));
  }
}

}  // namespace
}  // namespace gistmill
