// MegaContext's allocator: two queues by score, taken from in turn, with hysteresis. docs/focus.md has the
// rules in words.
#pragma once

#include <cstddef>
#include <vector>

#include "plugins/allocator/common/hysteresis.hpp"

namespace gistmill::allocator {

// The score of siblings that collapse together. highest: none of them may be worth more.
enum class SiblingScore { mean, first, highest };

struct GreedyRules {
  // As scores are f32, so that a score of 0.2 is at a threshold of 0.2.
  float expand_threshold = 0.2f;    // a candidate's score is above it
  float collapse_threshold = 0.2f;  // below minus this
  std::size_t max_actions = 4;      // N_diff
  SiblingScore siblings = SiblingScore::mean;
  Hysteresis hysteresis;
};

// scores f32[N]; NaN: no candidate. The actions in the order in which they were chosen.
std::vector<focus::Edit> greedy(const focus::Entries& entries, const float* scores, const GreedyRules& rules);

}  // namespace gistmill::allocator
