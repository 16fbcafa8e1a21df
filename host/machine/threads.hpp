// How many compute threads there are and how they wait for each other: what must be decided before LibTorch
// is loaded. Setting LibTorch's own is machine.hpp's.
#pragma once

#include <string>

namespace gistmill {

// The number of cores that this process may use. Cores, not hardware threads: two threads of one core share
// its multipliers.
int physical_cores();
int hardware_threads();

// How libraries that are loaded from now on are to use OpenMP: one thread for each physical core, and how
// these wait for each other. What the environment says already (OMP_*, GOMP_*) stays. The reason for the
// choice is in the implementation. Main thread, while it is the only one and before LibTorch is loaded.
void set_up_openmp();

int default_threads();      // OMP_NUM_THREADS where that is set, else physical_cores()
std::string wait_policy();  // OMP_WAIT_POLICY: "passive", "active" or "default"

}  // namespace gistmill
