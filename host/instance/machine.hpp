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

// How libraries that are loaded from now on are to use OpenMP: one thread for each physical core, and how
// these wait for each other. What the environment says already (OMP_*, GOMP_*) stays. The reason for the
// choice is in the implementation. Main thread, while it is the only one and before LibTorch is loaded.
void set_up_openmp();

int default_threads();      // OMP_NUM_THREADS where that is set, else physical_cores()
std::string wait_policy();  // OMP_WAIT_POLICY: "passive", "active" or "default"

// The instructions that multiply bf16 here: "amx_bf16", "avx512_bf16" or "", where products of bf16 are
// slower than those of f32.
std::string bf16_feature();

std::uint64_t peak_memory_bytes();  // most resident memory of this process
std::uint64_t resident_bytes();     // now
std::uint64_t heap_bytes();         // of malloc, in use now

// Gives free memory back and begins a new measurement: recent_peak_bytes() is the most resident memory since.
// Where the kernel does not let it, the peak stays that of the whole process.
void reset_recent_peak();
std::uint64_t recent_peak_bytes();
std::string processor_name();  // "AMD EPYC ..."; "" where unknown

}  // namespace gistmill
