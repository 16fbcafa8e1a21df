// LibTorch's part of what a plugin must leave as it found it; for the checking proxy (host/check).
#pragma once

#include "host/check/global_state.hpp"

namespace gistmill {

// Thread counts, grad mode, default dtype, determinism, the CPU's generator.
void read_torch_state(GlobalState& state);

}  // namespace gistmill
