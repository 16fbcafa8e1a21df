// See work.hpp.
#include "host/run/step/work.hpp"

namespace gistmill {

namespace {

double seconds_between(WorkClock::time_point from, WorkClock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
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

std::optional<double> share_of_peak(const Work& work, const GemmPeak& peak) {
  if (!peak.known() || work.all_flops() <= 0 || work.seconds <= 0) return std::nullopt;
  const double half_peak = peak.bf16 > 0 ? peak.bf16 : peak.f32;
  return (work.flops / peak.f32 + work.half_flops / half_peak) / work.seconds;
}

}  // namespace gistmill
