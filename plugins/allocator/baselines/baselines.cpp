#include "plugins/allocator/baselines/baselines.hpp"

#include <gistmill/random.hpp>

namespace gistmill::allocator {
namespace {

using focus::Direction;
using focus::Swap;

// The newest expansion, or the oldest collapse, that takes no entry of those chosen.
const Swap* find(const std::vector<Swap>& swaps, Direction direction, const std::vector<Swap>& chosen) {
  const Swap* found = nullptr;
  for (const Swap& swap : swaps) {
    if (swap.edit.direction != direction || overlaps_any(swap, chosen)) continue;
    found = &swap;
    if (direction == Direction::collapse) break;
  }
  return found;
}

}  // namespace

std::vector<focus::Edit> by_recency(const focus::Entries& entries, const BaselineRules& rules) {
  const std::vector<Swap> swaps = free_swaps(entries, rules.hysteresis);
  std::vector<Swap> chosen;
  std::int64_t room = entries.budget - entries.cost();
  while (chosen.size() < rules.max_actions) {
    const Swap* const expand = find(swaps, Direction::expand, chosen);
    if (expand == nullptr) break;
    const Swap* next = expand;
    if (expand->cost > room) {
      next = find(swaps, Direction::collapse, chosen);
      const bool older = next != nullptr && next->first + next->count <= expand->first;
      const bool pays = next != nullptr && room - next->cost >= expand->cost;
      if (!older || !pays || chosen.size() + 1 == rules.max_actions) break;
    }
    room -= next->cost;
    chosen.push_back(*next);
  }
  return edits_of(chosen);
}

std::vector<focus::Edit> by_chance(const focus::Entries& entries, const BaselineRules& rules,
                                   std::uint64_t key) {
  const std::vector<Swap> swaps = free_swaps(entries, rules.hysteresis);
  KeyedRandom random(key);
  const std::uint64_t wanted = random.below(rules.max_actions + 1);
  std::vector<Swap> chosen;
  std::int64_t room = entries.budget - entries.cost();
  while (chosen.size() < wanted) {
    std::vector<const Swap*> left;
    for (const Swap& swap : swaps) {
      if (swap.cost <= room && !overlaps_any(swap, chosen)) left.push_back(&swap);
    }
    if (left.empty()) break;
    const Swap& drawn = *left[random.below(left.size())];
    room -= drawn.cost;
    chosen.push_back(drawn);
  }
  return edits_of(chosen);
}

}  // namespace gistmill::allocator
