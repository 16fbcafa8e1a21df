// What of the process a plugin must leave alone and the checking proxy does not look at in each call, since
// it costs too much there: environment, standard streams, threads.
#pragma once

#include "host/check/global_state.hpp"

namespace gistmill {

// read_global_state with these added.
GlobalState read_surroundings();

int open_descriptors();
int running_threads();
// How long this thread was ready to run and had no processor, in seconds: on a busy machine more than it ran.
double seconds_without_processor();

}  // namespace gistmill
