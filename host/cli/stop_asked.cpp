#include "host/cli/stop_asked.hpp"

namespace gistmill {

volatile std::sig_atomic_t stop_asked = 0;

void take_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { stop_asked = 1; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace gistmill
