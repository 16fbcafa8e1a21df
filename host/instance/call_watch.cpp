// A thread that glances at the running call; see call_watch.hpp.
#include "host/instance/call_watch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "host/diagnostic/seconds_since.hpp"

namespace gistmill {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kGlance(50);  // how often the thread looks

volatile std::int32_t cancel = 0;                // what plugins see
std::atomic<const char*> current_call(nullptr);  // lock-free: a signal handler reads it
static_assert(std::atomic<const char*>::is_always_lock_free);
std::atomic<std::uint64_t> calls_begun(0);  // tells one call from the next of the same name
std::atomic<bool> has_overtime(false);

// Of the thread, and of the call that it found too long.
struct Watch {
  std::mutex mutex;
  std::condition_variable changed;
  bool ending = false;
  double allowed = 0;  // seconds
  std::string call;
  Clock::time_point began;
};
Watch watch;

std::string too_long(const std::string& call, double seconds, double allowed) {
  return fmt::format("{} took {:.1f} s when run.call_seconds allows {:g}", call, seconds, allowed);
}

[[noreturn]] void end_process(const char* call, double seconds, double allowed) {
  const std::string line =
      fmt::format("{}, and did not answer when it was canceled\n", too_long(call, seconds, allowed));
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  _exit(static_cast<int>(ExitCode::failed));  // destructors would wait for the call
}

void cancel_call(const char* call, Clock::time_point began) {
  {
    const std::lock_guard lock(watch.mutex);
    watch.call = call;
    watch.began = began;
  }
  has_overtime = true;
  set_cancel(true);
}

// False where the watch ends.
bool wait_for_glance() {
  std::unique_lock lock(watch.mutex);
  return !watch.changed.wait_for(lock, kGlance, [] { return watch.ending; });
}

void watch_calls(double allowed) {
  std::uint64_t seen = 0;
  Clock::time_point began;
  Clock::time_point canceled_at;
  while (wait_for_glance()) {
    const std::uint64_t number = calls_begun.load(std::memory_order_acquire);
    const char* const call = current_call.load(std::memory_order_acquire);
    if (call == nullptr || number != seen) {
      seen = number;
      began = canceled_at = Clock::now();
      continue;
    }
    if (!has_overtime) {
      if (seconds_since(began) <= allowed) continue;
      cancel_call(call, began);
      canceled_at = Clock::now();
    } else if (seconds_since(canceled_at) > kCancelPatience) {
      end_process(call, seconds_since(began), allowed);
    }
  }
}

}  // namespace

const volatile std::int32_t* cancel_flag() { return &cancel; }
void set_cancel(bool canceled) { cancel = canceled ? 1 : 0; }
const char* running_call() { return current_call.load(std::memory_order_acquire); }

RunningCall::RunningCall(const std::string& name) {
  current_call.store(name.c_str(), std::memory_order_release);
  calls_begun.store(calls_begun.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

RunningCall::~RunningCall() { current_call.store(nullptr, std::memory_order_release); }

void refuse_overtime() {
  if (!has_overtime) return;
  const std::lock_guard lock(watch.mutex);
  throw Failure(ExitCode::failed, too_long(watch.call, seconds_since(watch.began), watch.allowed),
                {"raise run.call_seconds (0: no timeout), or give the call less to do"});
}

void refuse_canceled(const std::string& name, const volatile std::int32_t* cancel) {
  if (*cancel == 0) return;
  refuse_overtime();
  throw Failure(ExitCode::interrupted, fmt::format("interrupted before {}", name));
}

CallWatch::CallWatch(double call_seconds) {
  if (call_seconds <= 0) return;
  watch.ending = false;
  watch.allowed = call_seconds;
  thread_ = std::thread(watch_calls, call_seconds);
}

CallWatch::~CallWatch() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(watch.mutex);
    watch.ending = true;
  }
  watch.changed.notify_all();
  thread_.join();
  if (has_overtime.exchange(false)) set_cancel(false);
}

}  // namespace gistmill
