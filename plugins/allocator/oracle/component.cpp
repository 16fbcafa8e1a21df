#include "plugins/allocator/oracle/component.hpp"

#include <cmath>
#include <string>

#include "plugins/allocator/common/ports.hpp"
#include "plugins/allocator/oracle/knapsack.hpp"

namespace gistmill::allocator {

Tensor Oracle::allocate(const Tensor& levels, const Tensor& starts, const Tensor& utilities,
                        const Tensor& residency, const Tensor& last_action, const Tensor& block,
                        const Tensor& cursor, const Tensor& budget, const Tensor& protected_tail) const {
  const ContextPorts ports(levels, starts, residency, last_action, block, cursor, budget, protected_tail);
  const focus::Entries& entries = ports.entries();
  if (utilities.size() != 2 * levels.size()) {
    throw Error(GM_ERROR_USER,
                "there are " + std::to_string(utilities.size()) + " utilities when the context has " +
                    std::to_string(levels.size()) + " entries, with two each",
                "utilities");
  }
  const float* const values = utilities.data<float>();
  std::vector<Valued> swaps;
  for (const focus::Swap& swap : free_swaps(entries, hysteresis_)) {
    const bool expands = swap.edit.direction == focus::Direction::expand;
    const double utility = static_cast<double>(values[2 * swap.first + (expands ? 0 : 1)]);
    if (std::isfinite(utility)) swaps.push_back({swap, utility});
  }
  return actions_of(edits_of(
      best_swaps(swaps, entries.count, entries.block, entries.budget - entries.cost(), max_actions_)));
}

}  // namespace gistmill::allocator
