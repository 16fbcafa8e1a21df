// Which call runs, what cancels it, and what becomes of one that takes too long or does not answer. Not a
// clock for accounts: that is work.hpp. A run makes one call at a time, on one thread; a preparation that
// makes several (staged_run.hpp) names the one that it waits for.
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <utility>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

// How long a canceled call may take to answer before the process ends.
inline constexpr unsigned kCancelPatience = 5;  // seconds

// For gm_call.cancel: nonzero from the second signal on, and once a call took too long.
const volatile std::int32_t* cancel_flag();
void set_cancel(bool canceled);  // also from a signal handler

// The name of the call that runs, or null. For a signal handler.
const char* running_call();

// Marks the call that runs while this lives; `name` outlives it.
class RunningCall {
 public:
  explicit RunningCall(const std::string& name);
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;
  ~RunningCall();
};

// Throws Failure (ExitCode::failed) where a call took longer than the CallWatch allows.
void refuse_overtime();
// The same, and Failure (ExitCode::interrupted) where `cancel` is set: no call begins any more.
void refuse_canceled(const std::string& name, const volatile std::int32_t* cancel);

// Runs `body`, which makes the call `name`, and answers what it answers.
template <class Body>
auto watched(const std::string& name, const volatile std::int32_t* cancel, Body&& body) {
  refuse_canceled(name, cancel);
  try {
    const RunningCall running(name);
    auto answer = std::forward<Body>(body)();
    refuse_overtime();
    return answer;
  } catch (const Failure& failure) {
    if (failure.code() == ExitCode::interrupted) refuse_overtime();
    throw;
  }
}

// While this lives, a call that takes longer than `call_seconds` is canceled, and the process ends with
// ExitCode::failed and the call's name where it has not returned kCancelPatience later. 0: nothing is watched
// and there is no thread. One at a time.
class CallWatch {
 public:
  explicit CallWatch(double call_seconds);
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;
  ~CallWatch();

 private:
  std::thread thread_;
};

}  // namespace gistmill
