// The learning rate over a run.
#include "host/run/schedule.hpp"

#include <gtest/gtest.h>

namespace gistmill {
namespace {

LearningRate schedule() { return {1.0, 0.1, 10, {}}; }  // peak, floor, warm-up

TEST(LearningRateSchedule, RisesLinearlyToThePeak) {
  EXPECT_DOUBLE_EQ(learning_rate_at(schedule(), 1, 110), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate_at(schedule(), 5, 110), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate_at(schedule(), 10, 110), 1.0);
}

TEST(LearningRateSchedule, FallsAsACosineToTheFloorAtTheLastStep) {
  EXPECT_NEAR(learning_rate_at(schedule(), 60, 110), 0.55, 1e-12);
  EXPECT_NEAR(learning_rate_at(schedule(), 110, 110), 0.1, 1e-12);
}

TEST(LearningRateSchedule, StartsAtThePeakWithoutWarmUp) {
  LearningRate rate = schedule();
  rate.warmup = 0;
  EXPECT_NEAR(learning_rate_at(rate, 1, 1000), 1.0, 1e-5);
}

}  // namespace
}  // namespace gistmill
