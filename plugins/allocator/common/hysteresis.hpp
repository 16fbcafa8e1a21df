// What holds an allocator back from a legal swap: how long its entries stand as they do.
#pragma once

#include <cstdint>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/focus/common/entries.hpp"

namespace gistmill::allocator {

// All counted in iterations after the one that brought an entry, whose next iteration is the first. Of
// siblings that collapse together, each must be free to.
struct Hysteresis {
  std::int64_t cooldown = 2;   // iterations in which the opposite action is blocked; 0: none
  std::int64_t residency = 0;  // iterations that an entry stays, whatever the action; 0: none
};

// Options `cooldown` and `residency`.
Hysteresis hysteresis_of(const Options& options);

// Option `max_actions`. Throws Error(GM_ERROR_USER) below 1.
std::size_t max_actions_of(const Options& options);

// The legal swaps that nothing holds back, budget aside.
std::vector<focus::Swap> free_swaps(const focus::Entries& entries, const Hysteresis& hysteresis);

// Whether a swap takes an entry that one of the others takes.
bool overlaps_any(const focus::Swap& swap, const std::vector<focus::Swap>& others);

std::vector<focus::Edit> edits_of(const std::vector<focus::Swap>& swaps);

}  // namespace gistmill::allocator
