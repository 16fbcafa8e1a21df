// The machine as LibTorch is to use it.
#pragma once

#include <cstdint>

namespace gistmill {

// Keeps freed memory and sets the compute threads; 0: one for each physical core that this process may use.
// Answers the number of threads. Main thread, before any tensor.
int set_up_machine(std::int64_t threads);

}  // namespace gistmill
