// What the handlers do is safe in a signal handler; see stop_signal.hpp.
#include "host/instance/stop_signal.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

#include "host/diagnostic/failure.hpp"
#include "host/instance/call_watch.hpp"

namespace gistmill {

namespace {

volatile std::sig_atomic_t requests = 0;
int depth = 0;  // how many StopSignals live
struct sigaction earlier_interrupt;
struct sigaction earlier_terminate;
struct sigaction earlier_alarm;

[[noreturn]] void end_process() {
  std::array<char, 256> line{};
  std::size_t size = 0;
  const auto add = [&](const char* text) {
    const std::size_t length = std::min(std::strlen(text), line.size() - size);
    std::memcpy(line.data() + size, text, length);
    size += length;
  };
  add("interrupted");
  if (const char* call = running_call(); call != nullptr) {
    add("; ");
    add(call);
    add(" did not answer");
  }
  add("\n");
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), size);
  _exit(static_cast<int>(ExitCode::interrupted));
}

void on_signal(int /*signal*/) {
  if (requests >= 2) end_process();
  requests = requests + 1;
  if (requests < 2) return;
  set_cancel(true);
  alarm(kCancelPatience);
}

// No call begins after a cancellation: where none runs, what is left is saving.
void on_alarm(int /*signal*/) {
  if (running_call() != nullptr) end_process();
}

}  // namespace

StopSignal::StopSignal() {
  if (depth++ > 0) return;
  requests = 0;
  set_cancel(false);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &earlier_interrupt);
  sigaction(SIGTERM, &action, &earlier_terminate);
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, &earlier_alarm);
}

StopSignal::~StopSignal() {
  if (--depth > 0) return;
  alarm(0);
  sigaction(SIGINT, &earlier_interrupt, nullptr);
  sigaction(SIGTERM, &earlier_terminate, nullptr);
  sigaction(SIGALRM, &earlier_alarm, nullptr);
  set_cancel(false);
}

bool StopSignal::requested() const { return requests > 0; }

bool StopSignal::canceled() const { return requests > 1; }

const volatile std::int32_t* StopSignal::cancel_flag() const { return gistmill::cancel_flag(); }

}  // namespace gistmill
