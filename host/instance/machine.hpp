// What the host knows and decides about the machine: threads and memory. No LibTorch.
#pragma once

#include <cstdint>
#include <string>

namespace gistmill {

// Raises malloc's thresholds, so that tensors of some megabytes are not returned to the system and faulted in
// again at every step (2.4 times on logits-sized tensors). Before any tensor.
void keep_freed_memory();

// Those that this process may use. Cores, not hardware threads: two threads on one core share its
// multipliers.
int physical_cores();

// Makes libraries that are loaded from now on compute with one thread for each physical core, where the
// environment does not say otherwise (OMP_NUM_THREADS). Main thread, while it is the only one.
void set_default_threads();

std::uint64_t peak_memory_bytes();  // most resident memory of this process
std::string processor_name();       // "AMD EPYC ..."; "" where unknown

}  // namespace gistmill
