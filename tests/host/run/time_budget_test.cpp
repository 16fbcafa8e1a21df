#include "host/run/time_budget.hpp"

#include <gtest/gtest.h>

#include "host/run/schedule.hpp"

namespace gistmill {
namespace {

LearningRate schedule() { return {1.0, 0.1, 20, {}}; }  // peak, floor, warm-up

TEST(TimeBudget, WithoutMinutesAllStepsOfTheRecipeAreTaken) {
  TimeBudget budget(0, 200);
  for (int step = 1; step <= 5; ++step) EXPECT_FALSE(budget.add(step, 1000.0, 1000.0 * step));
  EXPECT_EQ(budget.steps(), 200);
  EXPECT_EQ(budget.decided(), 0);
  EXPECT_FALSE(budget.is_over(1e9));
}

TEST(TimeBudget, DecidesAfterThreeStepsAndLeavesTheFirstOutOfTheMean) {
  TimeBudget budget(1.0, 200);
  EXPECT_FALSE(budget.add(1, 9.0, 9.0));
  EXPECT_FALSE(budget.add(2, 3.0, 12.0));
  EXPECT_EQ(budget.steps(), 200) << "not decided yet";
  EXPECT_TRUE(budget.add(3, 1.0, 13.0));
  EXPECT_DOUBLE_EQ(budget.seconds_a_step(), 2.0);
  EXPECT_EQ(budget.steps(), 3 + 22) << "57 s less 13 s, 2 s each";
}

TEST(TimeBudget, StepsThatFitAreNotBounded) {
  TimeBudget budget(1.0, 20);
  for (int step = 1; step <= 3; ++step) EXPECT_EQ(budget.add(step, 0.1, 0.1 * step), step == 3);
  EXPECT_EQ(budget.steps(), 20);
  EXPECT_EQ(budget.decided(), 20) << "a resumed run is not measured again";
}

TEST(TimeBudget, StepsThatTakeNoTimeFit) {
  TimeBudget budget(1.0, 2000000000);
  for (int step = 1; step <= 3; ++step) budget.add(step, 0.0, 0.0);
  EXPECT_EQ(budget.steps(), 2000000000);
}

TEST(TimeBudget, TheStepsThatWereMeasuredAreKeptWhereNoMoreFit) {
  TimeBudget budget(1.0, 200);
  for (int step = 1; step <= 3; ++step) budget.add(step, 60.0, 60.0 * step);
  EXPECT_EQ(budget.steps(), 3);
  EXPECT_TRUE(budget.is_over(180.0));
}

TEST(TimeBudget, TheScheduleReachesItsFloorAtTheLastStepThatIsTaken) {
  TimeBudget budget(1.0, 200);
  budget.add(1, 1.0, 1.0);
  budget.add(2, 2.0, 3.0);
  budget.add(3, 1.5, 4.5);
  ASSERT_EQ(budget.steps(), 3 + 30);
  const LearningRate fewer = fitted(schedule(), budget.steps(), budget.recipe_steps());
  EXPECT_EQ(fewer.warmup, 4) << "20 of 200 are as many of 33";
  EXPECT_DOUBLE_EQ(learning_rate_at(fewer, budget.steps(), budget.steps()), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate_at(fewer, 4, budget.steps()), 1.0);
}

TEST(TimeBudget, ADecisionFromACheckpointIsTakenOver) {
  TimeBudget first(1.0, 200);
  for (int step = 1; step <= 3; ++step) first.add(step, 2.0, 2.0 * step);
  TimeBudget resumed(1.0, 200);
  resumed.restore(first.decided());
  EXPECT_EQ(resumed.steps(), first.steps());
  EXPECT_FALSE(resumed.add(10, 100.0, 100.0)) << "decided once";
  EXPECT_EQ(resumed.steps(), first.steps());
}

TEST(TimeBudget, ACheckpointFromBeforeADecisionLeavesItOpen) {
  TimeBudget resumed(1.0, 200);
  resumed.restore(0);
  EXPECT_EQ(resumed.steps(), 200);
  for (int step = 3; step <= 4; ++step) EXPECT_FALSE(resumed.add(step, 2.0, 2.0 * step));
  EXPECT_TRUE(resumed.add(5, 2.0, 10.0));
}

}  // namespace
}  // namespace gistmill
