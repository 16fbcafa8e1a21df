// The largest single allocation by operator new since the last reset, for the rule that a small file never
// costs a large one. Linked into a test program, it replaces operator new there.
#pragma once

#include <cstddef>

namespace gistmill::test {

void reset_largest_allocation();
std::size_t largest_allocation();

}  // namespace gistmill::test
