// The library that computes: it is loaded, and with it LibTorch, when a verb first asks for it.
#pragma once

#include "host/run/chat_door.hpp"
#include "host/run/compression_plan_door.hpp"
#include "host/run/library.hpp"

namespace gistmill {

// All throw Failure, also where the library cannot be loaded. Main thread.
void run_in_library(const RunRequest& request, RunOutcome& outcome);
void plan_compression_in_library(const CompressionPlanRequest& request, RunOutcome& outcome);
void chat_in_library(const ChatRequest& request);
// Loads it, and gives a probe of LibTorch's state for add_state_probe.
void (*torch_state_of_library())(GlobalState* state);

}  // namespace gistmill
