// A run's events in short.
#pragma once

#include <fmt/format.h>

#include <string>

#include "host/record/record_builder.hpp"

namespace gistmill {

class WatchedRun {
 public:
  // Two stages, "first" of 100 steps and "second" of 50; at 1000 seconds since 1970.
  WatchedRun& started(double time = 1000, bool resumed = false) {
    return event(fmt::format(R"("event":"run_started","time":{},"resumed":{},"recipe":"r.toml",)"
                             R"("stages":[{{"name":"first","steps":100}},{{"name":"second","steps":50}}])",
                             time, resumed));
  }
  // Each step takes 2 seconds for 8 items, at 40 % of the peak.
  WatchedRun& steps(const std::string& stage, int first, int last, int steps, double loss = 1.0) {
    for (int step = first; step <= last; ++step)
      event(fmt::format(
          R"("event":"step","time":{},"stage":"{}","step":{},"steps":{},"loss":{},"seconds":2,"items":8,)"
          R"("utilization":0.4,"peak_memory_bytes":1200000000)",
          1000 + 2 * step, stage, step, steps, loss));
    return *this;
  }
  WatchedRun& event(const std::string& keys) {
    builder.line("{" + keys + "}");
    return *this;
  }
  const RunRecord& record() const { return builder.so_far(); }

  RecordBuilder builder;
};

}  // namespace gistmill
