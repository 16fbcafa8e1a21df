#include "plugins/allocator/common/hysteresis.hpp"

#include <algorithm>
#include <string>

namespace gistmill::allocator {
namespace {

bool is_held(const focus::Entries& entries, std::size_t i, std::int32_t direction,
             const Hysteresis& hysteresis) {
  const std::int64_t residency = entries.residency[i];
  if (residency < hysteresis.residency) return true;
  return entries.last_action[i] == -direction && hysteresis.cooldown > 0 && residency <= hysteresis.cooldown;
}

}  // namespace

Hysteresis hysteresis_of(const Options& options) {
  return {options.integer("cooldown"), options.integer("residency")};
}

std::size_t max_actions_of(const Options& options) {
  const std::int64_t most = options.integer("max_actions");
  if (most >= 1) return static_cast<std::size_t>(most);
  throw Error(GM_ERROR_USER,
              "max_actions is " + std::to_string(most) +
                  " when it should be at least 1; allocator/none is the one that never acts",
              "max_actions");
}

std::vector<focus::Swap> free_swaps(const focus::Entries& entries, const Hysteresis& hysteresis) {
  std::vector<focus::Swap> free;
  for (const focus::Swap& swap : focus::legal_swaps(entries)) {
    bool held = false;
    for (std::size_t i = swap.first; i < swap.first + swap.count; ++i)
      held = held || is_held(entries, i, static_cast<std::int32_t>(swap.edit.direction), hysteresis);
    if (!held) free.push_back(swap);
  }
  return free;
}

bool overlaps_any(const focus::Swap& swap, const std::vector<focus::Swap>& others) {
  return std::any_of(others.begin(), others.end(),
                     [&](const focus::Swap& other) { return swap.overlaps(other); });
}

std::vector<focus::Edit> edits_of(const std::vector<focus::Swap>& swaps) {
  std::vector<focus::Edit> edits;
  for (const focus::Swap& swap : swaps) edits.push_back(swap.edit);
  return edits;
}

}  // namespace gistmill::allocator
