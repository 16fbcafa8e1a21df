// Where a run stands: what its record says, in the numbers that one asks for while it goes on.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "host/record/run_record.hpp"

namespace gistmill {

// Means over the steps of the last half minute.
struct Pace {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  double loss = kUnknown;
  double items_per_second = kUnknown;
  double seconds_per_step = kUnknown;
  double utilization = kUnknown;  // share of peak
};

struct StageProgress {
  std::string name;  // "train" of a run without stages
  std::int64_t step = 0;
  std::int64_t steps = 0;
  bool finished = false;
};

// Pointers are into the record; null: there is none yet.
struct RunProgress {
  std::string status;           // "waiting", "running", or as run_finished says: "finished", "stopped", ...
  bool ended = false;           // the last process said that it ended
  double seconds = 0.0;         // up to the last event, over all processes
  double silent_seconds = 0.0;  // since the last event, of a run that did not end
  std::vector<StageProgress> stages;
  const StageRecord* current = nullptr;          // the stage that took the last step
  Pace pace;                                     // its
  double seconds_left = Pace::kUnknown;          // its
  const EvaluationTable* evaluation = nullptr;   // the last one
  const CheckpointRecord* checkpoint = nullptr;  // the last one
  const MessageRecord* last_warning = nullptr;
  int warnings = 0;
};

// `now`: seconds since 1970.
RunProgress progress_of(const RunRecord& record, double now);

}  // namespace gistmill
