// What comes before the first part of a run: checks that need no time, the run folder, threads, loggers.
#pragma once

#include "host/run/run_context.hpp"

namespace gistmill {

struct OpenedRun {
  bool is_done = false;        // the folder holds this run, finished; nothing was opened
  double earlier_seconds = 0;  // of the processes that this one goes on from; known to rank 0
};

// All ranks call it; rank 0 looks at the folder and writes. Throws Failure.
OpenedRun open_run(RunContext& context);

}  // namespace gistmill
