// Where a run stands, from its record.
#include "host/watch/progress.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/host/watch/watch_fixture.hpp"

namespace gistmill {
namespace {

TEST(Progress, OfNoEventsIsWaiting) {
  const RunRecord record;
  const RunProgress progress = progress_of(record, 5000);
  EXPECT_EQ(progress.status, "waiting");
  EXPECT_FALSE(progress.ended);
  EXPECT_EQ(progress.silent_seconds, 0.0);
  EXPECT_EQ(progress.current, nullptr);
}

TEST(Progress, HasThePaceOfTheLastHalfMinute) {
  WatchedRun run;
  run.started().steps("first", 1, 30, 100, 5.0);
  for (int step = 31; step <= 60; ++step)
    run.event(fmt::format(
        R"("event":"step","time":2000,"stage":"first","step":{},"steps":100,"loss":2,"seconds":1,"items":8)",
        step));
  const RunProgress progress = progress_of(run.record(), 2000);
  EXPECT_EQ(progress.pace.loss, 2.0);
  EXPECT_EQ(progress.pace.items_per_second, 8.0);
  EXPECT_EQ(progress.pace.seconds_per_step, 1.0);
  EXPECT_TRUE(std::isnan(progress.pace.utilization));  // these steps do not say
  EXPECT_EQ(progress.seconds_left, 40.0);
}

TEST(Progress, ListsPlannedStagesBeforeTheyStart) {
  WatchedRun run;
  run.started().steps("first", 1, 10, 90);
  const RunProgress progress = progress_of(run.record(), 1020);
  ASSERT_EQ(progress.stages.size(), 2u);
  EXPECT_EQ(progress.stages[0].step, 10);
  EXPECT_EQ(progress.stages[0].steps, 90);  // fitted to the time: the events know better than the plan
  EXPECT_EQ(progress.stages[1].name, "second");
  EXPECT_EQ(progress.stages[1].step, 0);
  EXPECT_EQ(progress.stages[1].steps, 50);
}

TEST(Progress, CountsTheSilenceOfARunThatDidNotEnd) {
  WatchedRun run;
  run.started().steps("first", 1, 10, 100);
  EXPECT_EQ(progress_of(run.record(), 1080).silent_seconds, 60.0);
  EXPECT_EQ(progress_of(run.record(), 1080).seconds, 20.0);
  EXPECT_EQ(progress_of(run.record(), 900).silent_seconds, 0.0);  // clocks of two machines
  run.event(R"("event":"run_finished","time":1030,"status":"stopped","seconds":30)");
  const RunProgress ended = progress_of(run.record(), 1080);
  EXPECT_EQ(ended.status, "stopped");
  EXPECT_EQ(ended.silent_seconds, 0.0);
  EXPECT_EQ(ended.seconds, 30.0);
  EXPECT_TRUE(std::isnan(ended.seconds_left));
}

TEST(Progress, GoesBackWithARunThatIsResumed) {
  WatchedRun run;
  run.started().steps("first", 1, 60, 100);
  run.event(R"("event":"checkpoint","time":1100,"stage":"first","step":40,"best":false)");
  run.event(R"("event":"checkpoint","time":1110,"stage":"first","step":55,"best":true)");
  run.event(R"("event":"run_finished","time":1120,"status":"stopped","seconds":120)");
  run.started(5000, true).steps("first", 41, 45, 100);
  const RunProgress progress = progress_of(run.record(), 5010);
  EXPECT_EQ(progress.status, "running");
  EXPECT_EQ(progress.stages[0].step, 45);
  EXPECT_EQ(progress.current->points.size(), 45u);
  ASSERT_NE(progress.checkpoint, nullptr);
  EXPECT_EQ(progress.checkpoint->step, 40);  // that of step 55 is of the time line that was given up
}

TEST(Progress, KeepsTheLastWarningAndCountsThem) {
  WatchedRun run;
  run.started();
  run.event(R"("event":"message","time":1,"level":"warning","instance":"","text":"one")");
  run.event(R"("event":"message","time":2,"level":"info","instance":"","text":"two")");
  run.event(R"("event":"message","time":3,"level":"error","instance":"","text":"three")");
  const RunProgress progress = progress_of(run.record(), 1000);
  EXPECT_EQ(progress.warnings, 2);
  EXPECT_EQ(progress.last_warning->text, "three");
}

}  // namespace
}  // namespace gistmill
