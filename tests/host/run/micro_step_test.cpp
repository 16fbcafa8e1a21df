// Specification of what ranks give each other of their micro-steps.
#include "host/run/micro_step.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gistmill {
namespace {

MicroStep taken(double loss, std::int64_t items) {
  MicroStep micro_step;
  micro_step.losses = {loss, 2 * loss};
  micro_step.items = items;
  micro_step.work.flops = 3.5;
  micro_step.work.half_flops = 4.5;
  micro_step.work.bytes = 5.5;
  return micro_step;
}

TEST(MicroSteps, ComeBackFromNumbersAsTheyWere) {
  MicroStep ended;
  ended.ended = true;
  const auto back = micro_steps_from(to_numbers({taken(0.1, 7), ended}, 2), 2);
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].losses, (std::vector<double>{0.1, 0.2}));
  EXPECT_EQ(back[0].items, 7);
  EXPECT_EQ(back[0].work.flops, 3.5);
  EXPECT_EQ(back[0].work.half_flops, 4.5);
  EXPECT_EQ(back[0].work.bytes, 5.5);
  EXPECT_FALSE(back[0].ended);
  EXPECT_TRUE(back[1].ended);
}

TEST(MicroSteps, OfAllRanksStandInTheOrderInWhichOneWouldTakeThem) {
  const auto all = in_order({{taken(0, 1), taken(2, 1)}, {taken(1, 1), taken(3, 1)}});
  ASSERT_EQ(all.size(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(all[i].losses[0], i);
}

TEST(MicroSteps, AreFiniteWhereAllThatCountsIs) {
  std::vector<PlannedLoss> parts(2);
  parts[0].weight = 1;
  parts[1].weight = 0;
  MicroStep logged = taken(1, 1);
  logged.losses[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(is_finite(logged, parts)) << "a part with weight 0 is only logged";
  logged.losses[0] = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(is_finite(logged, parts));
}

}  // namespace
}  // namespace gistmill
