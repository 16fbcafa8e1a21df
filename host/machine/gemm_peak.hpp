// How fast this machine multiplies matrices; the speed of calls is compared with it (host/run/step/work.hpp).
#pragma once

#include <c10/core/Device.h>

#include <string>

namespace gistmill {

// Floating-point operations a second of large matrix products through ATen. 0: not measured.
struct GemmPeak {
  double f32 = 0;
  double bf16 = 0;  // 0 as well where the processor has no bf16 multipliers

  bool known() const { return f32 > 0; }
};

std::string to_text(const GemmPeak& peak);  // "410 GFLOP/s bf16, 180 GFLOP/s f32"

// Multiplies large matrices for up to 0.3 s, with the threads that LibTorch has now. bf16 only where the
// processor multiplies bf16, or on a device.
GemmPeak measure_gemm_peak(const at::Device& device);

}  // namespace gistmill
