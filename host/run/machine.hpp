// What the host decides about the machine once, at the start of a verb that computes: threads and memory.
#pragma once

#include <cstdint>
#include <string>

namespace gistmill {

// Raises malloc's thresholds, so that tensors of some megabytes are not returned to the system and faulted in
// again at every step (2.4 times on logits-sized tensors), and sets the compute threads; 0: one for each
// physical core that this process may use. Answers the number of threads. Main thread, before any tensor.
int set_up_machine(std::int64_t threads);

std::uint64_t peak_memory_bytes();  // most resident memory of this process
std::string processor_name();       // "AMD EPYC ..."; "" where unknown

}  // namespace gistmill
