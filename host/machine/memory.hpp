// The memory of this process: what malloc keeps, how much there is and was at most; and that of the machine.
#pragma once

#include <cstdint>

namespace gistmill {

// Raises malloc's thresholds, so that tensors of some megabytes are not returned to the system and faulted in
// again at every step (2.4 times on logits-sized tensors). Before any tensor.
void keep_freed_memory();

std::uint64_t peak_memory_bytes();  // most resident memory of this process
std::uint64_t resident_bytes();     // now
std::uint64_t heap_bytes();         // of malloc, in use now

std::uint64_t machine_memory_bytes();  // all there is, in use or not

// Gives free memory back and begins a new measurement: recent_peak_bytes() is the most resident memory since.
// Where the kernel does not let it, the peak stays that of the whole process.
void reset_recent_peak();
std::uint64_t recent_peak_bytes();

}  // namespace gistmill
