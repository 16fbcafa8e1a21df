// See gemm_peak.hpp.
#include "host/machine/gemm_peak.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "host/machine/processor.hpp"

namespace gistmill {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// Square matrices, as large as a model's products are and small enough to be done in milliseconds; a device
// needs larger ones before it is busy.
constexpr std::int64_t kSize = 1024;
constexpr std::int64_t kDeviceSize = 4096;
constexpr int kRepeats = 9;
constexpr double kBudget = 0.12;  // seconds a type, after which no more than
constexpr int kLeast = 3;         // so many are done

// The best of a few: whatever else the machine does only makes it slower. One before that starts threads and
// fills caches.
double measure(at::ScalarType dtype, const at::Device& device) {
  const std::int64_t size = device.is_cpu() ? kSize : kDeviceSize;
  const at::Tensor a = at::ones({size, size}, at::TensorOptions(device).dtype(dtype));
  at::Tensor product = at::mm(a, a);
  const auto wait = [&] {
    product[0][0].item<double>();
  };  // for a device, which only takes note of the order
  wait();
  const auto began = Clock::now();
  double best = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const auto start = Clock::now();
    at::mm_out(product, a, a);
    wait();
    const auto end = Clock::now();
    best = std::max(best, 2.0 * static_cast<double>(size * size * size) / seconds_between(start, end));
    if (repeat + 1 >= kLeast && seconds_between(began, end) > kBudget) break;
  }
  return best;
}

}  // namespace

GemmPeak measure_gemm_peak(const at::Device& device) {
  const at::NoGradGuard no_grad;
  GemmPeak peak;
  peak.f32 = measure(at::kFloat, device);
  if (!device.is_cpu() || !bf16_feature().empty()) peak.bf16 = measure(at::kBFloat16, device);
  return peak;
}

std::string to_text(const GemmPeak& peak) {
  if (!peak.known()) return "not measured";
  const std::string f32 = fmt::format("{:.0f} GFLOP/s f32", peak.f32 / 1e9);
  return peak.bf16 > 0 ? fmt::format("{:.0f} GFLOP/s bf16, {}", peak.bf16 / 1e9, f32) : f32;
}

}  // namespace gistmill
