// The machine's peak as a number and in words.
#include "host/machine/gemm_peak.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace gistmill {
namespace {

TEST(GemmPeak, OfThisMachineIsMeasuredWithinItsBudget) {
  const auto began = std::chrono::steady_clock::now();
  const GemmPeak peak = measure_gemm_peak(at::kCPU);
  EXPECT_TRUE(peak.known());
  EXPECT_GT(peak.f32, 1e8);
  EXPECT_LT(peak.f32, 1e15);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(), 20)
      << "on a loaded machine";
}

TEST(GemmPeak, IsSaidInGigaflops) {
  EXPECT_EQ(to_text(GemmPeak{180e9, 410e9}), "410 GFLOP/s bf16, 180 GFLOP/s f32");
  EXPECT_EQ(to_text(GemmPeak{180e9, 0}), "180 GFLOP/s f32");
  EXPECT_EQ(to_text(GemmPeak{}), "not measured");
}

}  // namespace
}  // namespace gistmill
