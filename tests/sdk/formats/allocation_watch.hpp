// What operator new was asked for, for the rule that a small file never costs much memory. Linked into a test
// program, it replaces operator new there.
#pragma once

#include <cstddef>

namespace gistmill::test {

// Both count from the last reset.
void reset_allocations();
std::size_t largest_allocation();
std::size_t most_allocated();  // at once, beyond what was allocated at the reset

}  // namespace gistmill::test
