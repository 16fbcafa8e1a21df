// The set of swaps with the greatest sum of utilities, exactly.
#pragma once

#include <cstddef>
#include <vector>

#include "plugins/focus/common/entries.hpp"

namespace gistmill::allocator {

struct Valued {
  focus::Swap swap;
  double utility = 0;
};

// swaps: any, also overlapping ones, each of cost block - 1 or minus that. The chosen ones, oldest first:
// none overlap, at most max_actions, their costs sum to at most `room`. Of equal sums the one with the fewest
// actions. Time grows with entries * max_actions^2.
std::vector<focus::Swap> best_swaps(const std::vector<Valued>& swaps, std::size_t entries, std::int64_t block,
                                    std::int64_t room, std::size_t max_actions);

}  // namespace gistmill::allocator
