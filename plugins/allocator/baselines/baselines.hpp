// Choices that look at no score.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "plugins/allocator/common/hysteresis.hpp"

namespace gistmill::allocator {

struct BaselineRules {
  std::size_t max_actions = 4;
  Hysteresis hysteresis;
};

// Expands the newest gist, as long as it fits; else collapses the oldest, where that is older and leaves an
// action for the expansion.
std::vector<focus::Edit> by_recency(const focus::Entries& entries, const BaselineRules& rules);

// key: same key, same actions.
std::vector<focus::Edit> by_chance(const focus::Entries& entries, const BaselineRules& rules,
                                   std::uint64_t key);

}  // namespace gistmill::allocator
