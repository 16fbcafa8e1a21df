// SIGINT and SIGTERM: the first asks for a stop after the step, the second ends the process at once.
#pragma once

#include <cstdint>

namespace gistmill {

// While one lives, the handlers are installed; afterwards the earlier ones are back. A part of a run may make
// its own: the outermost decides, and all see the same request. Main thread.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;
  // For gm_call.cancel: stays 0, because a step that has begun is finished before the run is saved.
  const volatile std::int32_t* cancel() const;
};

}  // namespace gistmill
