// SIGINT and SIGTERM: the first asks for a stop after the step, the second cancels the running call, the
// third ends the process at once.
#pragma once

#include <cstdint>

namespace gistmill {

// While one lives, the handlers are installed; afterwards the earlier ones are back. A part of a run may make
// its own: the outermost decides, and all see the same request. A call that does not answer in
// kCancelPatience (call_watch.hpp) after the second signal is ended like by a third: with
// ExitCode::interrupted and a line that names it. Takes SIGALRM. Main thread.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;
  bool canceled() const;  // asked twice
  // For gm_call.cancel: not 0 from the second request on.
  const volatile std::int32_t* cancel_flag() const;
};

}  // namespace gistmill
