// How many compute threads there are and how they wait for each other: what must be decided before LibTorch
// is loaded. Setting LibTorch's own is machine.hpp's.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace gistmill {

// The number of cores that this process may use. Cores, not hardware threads: two threads of one core share
// its multipliers.
int physical_cores();
int hardware_threads();

// The cores that a process may use.
struct Cores {
  std::string machine;             // the running system that they are of
  std::vector<std::string> cores;  // each by the hardware threads that it has: "0,8"
};

Cores allowed_cores();
// How many compute threads process number `index` is to have where several compute side by side: a core that
// more than one of them may use counts for each with its share. At least 1.
int share_of_cores(const std::vector<Cores>& processes, std::size_t index);

// How libraries that are loaded from now on are to use OpenMP: one thread for each physical core, and how
// these wait for each other. What the environment says already (OMP_*, GOMP_*) stays. The reason for the
// choice is in the implementation. Main thread, while it is the only one and before LibTorch is loaded.
void set_up_openmp();

// What OMP_NUM_THREADS says before set_up_openmp() sets it; 0: nothing.
int threads_of_environment();

int default_threads();      // OMP_NUM_THREADS where that is set, else physical_cores()
std::string wait_policy();  // OMP_WAIT_POLICY: "passive", "active" or "default"

}  // namespace gistmill
