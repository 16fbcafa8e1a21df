// Whether a verb that runs trials was asked to stop: Ctrl-C or SIGTERM.
#pragma once

#include <csignal>

namespace gistmill {

// Set by the first signal after take_stop_signals(), never reset. Signals also go to the trials by
// themselves, as to every process of the terminal. Main thread.
extern volatile std::sig_atomic_t stop_asked;
void take_stop_signals();

}  // namespace gistmill
