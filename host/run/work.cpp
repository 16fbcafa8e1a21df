// See work.hpp.
#include "host/run/work.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>

#include "host/instance/machine.hpp"

namespace gistmill {

namespace {

double seconds_between(WorkClock::time_point from, WorkClock::time_point to) {
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
  const auto began = WorkClock::now();
  double best = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const auto start = WorkClock::now();
    at::mm_out(product, a, a);
    wait();
    const auto end = WorkClock::now();
    best = std::max(best, 2.0 * static_cast<double>(size * size * size) / seconds_between(start, end));
    if (repeat + 1 >= kLeast && seconds_between(began, end) > kBudget) break;
  }
  return best;
}

}  // namespace

Work& Work::operator+=(const Work& other) {
  count += other.count;
  seconds += other.seconds;
  flops += other.flops;
  half_flops += other.half_flops;
  bytes += other.bytes;
  return *this;
}

WorkTimer::~WorkTimer() {
  into_.last = {1, seconds_between(into_.began, WorkClock::now()), work_.flops, work_.half_flops,
                work_.bytes};
  into_.total += into_.last;
}

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

std::optional<double> share_of_peak(const Work& work, const GemmPeak& peak) {
  if (!peak.known() || work.all_flops() <= 0 || work.seconds <= 0) return std::nullopt;
  const double half_peak = peak.bf16 > 0 ? peak.bf16 : peak.f32;
  return (work.flops / peak.f32 + work.half_flops / half_peak) / work.seconds;
}

}  // namespace gistmill
