// What calls did and how long they took, against what the machine can do. Kept for every call of every run:
// two readings of a clock and a few additions. Not a trace; profile.hpp makes one from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "gistmill/component.h"
#include "host/machine/gemm_peak.hpp"

namespace gistmill {

using WorkClock = std::chrono::steady_clock;

struct Work {
  std::int64_t count = 0;
  double seconds = 0;
  double flops = 0;       // as gm_work has them: of f32 products,
  double half_flops = 0;  // and of 16-bit products
  double bytes = 0;

  double all_flops() const { return flops + half_flops; }
  Work& operator+=(const Work& other);
};

// One direction of one call.
struct CallWork {
  Work total;                   // since the beginning
  Work last;                    // of the last forward or backward of the pipeline; count 0: it did not run
  WorkClock::time_point began;  // of `last`
};

struct CallAccount {
  CallWork forward;
  CallWork backward;
};

// Adds what happens in its scope to a call's account.
class WorkTimer {
 public:
  explicit WorkTimer(CallWork& into) : into_(into) { into_.began = WorkClock::now(); }
  WorkTimer(const WorkTimer&) = delete;
  WorkTimer& operator=(const WorkTimer&) = delete;
  ~WorkTimer();

  gm_work* work() { return &work_; }

 private:
  CallWork& into_;
  gm_work work_{sizeof(gm_work), 0, 0, 0};
};

// The time that the products would take at peak, as a share of the time that was taken; 16-bit products count
// against f32's peak where bf16 has none. Empty where nothing was counted or measured. Above 1 where the peak
// was measured while the machine had other things to do.
std::optional<double> share_of_peak(const Work& work, const GemmPeak& peak);

}  // namespace gistmill
