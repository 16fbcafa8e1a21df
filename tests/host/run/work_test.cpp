// Accounts and peaks as numbers.
#include "host/run/work.hpp"

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

TEST(Work, ThePeakOfThisMachineIsMeasuredWithinItsBudget) {
  const auto began = WorkClock::now();
  const GemmPeak peak = measure_gemm_peak(at::kCPU);
  EXPECT_TRUE(peak.known());
  EXPECT_GT(peak.f32, 1e8);
  EXPECT_LT(peak.f32, 1e15);
  EXPECT_LT(std::chrono::duration<double>(WorkClock::now() - began).count(), 20) << "on a loaded machine";
}

TEST(Work, APeakIsSaidInGigaflops) {
  EXPECT_EQ(to_text(GemmPeak{180e9, 410e9}), "410 GFLOP/s bf16, 180 GFLOP/s f32");
  EXPECT_EQ(to_text(GemmPeak{180e9, 0}), "180 GFLOP/s f32");
  EXPECT_EQ(to_text(GemmPeak{}), "not measured");
}

}  // namespace
}  // namespace gistmill
