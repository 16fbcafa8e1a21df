// The handler only sets a flag; see stop_signal.hpp.
#include "host/run/stop_signal.hpp"

#include <unistd.h>
#include <csignal>

namespace gistmill {

namespace {

volatile std::sig_atomic_t stop_requested = 0;
volatile std::int32_t never_canceled = 0;
int depth = 0;  // how many StopSignals live
struct sigaction earlier_interrupt;
struct sigaction earlier_terminate;

void on_signal(int signal) {
  if (stop_requested != 0) _exit(128 + signal);
  stop_requested = 1;
}

}  // namespace

StopSignal::StopSignal() {
  if (depth++ > 0) return;
  stop_requested = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &earlier_interrupt);
  sigaction(SIGTERM, &action, &earlier_terminate);
}

StopSignal::~StopSignal() {
  if (--depth > 0) return;
  sigaction(SIGINT, &earlier_interrupt, nullptr);
  sigaction(SIGTERM, &earlier_terminate, nullptr);
}

bool StopSignal::requested() const { return stop_requested != 0; }

const volatile std::int32_t* StopSignal::cancel() const { return &never_canceled; }

}  // namespace gistmill
