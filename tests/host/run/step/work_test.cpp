// Accounts as numbers, and against a peak.
#include "host/run/step/work.hpp"

#include <gtest/gtest.h>

namespace gistmill {
namespace {

TEST(Work, ATimerAddsWhatAnOperationCountedAndHowLongItTook) {
  CallWork call;
  for (int i = 1; i <= 2; ++i) {
    WorkTimer timer(call);
    timer.work()->flops += 10 * i;
    timer.work()->half_flops += 100;
    timer.work()->bytes += 5;
  }
  EXPECT_EQ(call.total.count, 2);
  EXPECT_EQ(call.total.flops, 30);
  EXPECT_EQ(call.total.all_flops(), 230);
  EXPECT_EQ(call.total.bytes, 10);
  EXPECT_GT(call.total.seconds, 0);
  EXPECT_EQ(call.last.count, 1);
  EXPECT_EQ(call.last.flops, 20);
}

TEST(Work, AShareOfPeakIsTheTimeAtPeakOverTheTimeTaken) {
  const GemmPeak peak{100, 400};
  EXPECT_DOUBLE_EQ(*share_of_peak({1, 2.0, 50, 400, 0}, peak), (0.5 + 1.0) / 2);
  EXPECT_DOUBLE_EQ(*share_of_peak({1, 2.0, 0, 100, 0}, {100, 0}), 0.5) << "no bf16 peak: f32's counts";
  EXPECT_FALSE(share_of_peak({1, 2.0, 0, 0, 80}, peak)) << "nothing counted";
  EXPECT_FALSE(share_of_peak({1, 2.0, 50, 0, 0}, {})) << "nothing measured";
}

}  // namespace
}  // namespace gistmill
