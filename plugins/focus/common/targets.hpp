// What a lensnet should say of the entries of a context, out of what their swaps are worth; and what it may
// say. Scores are in [-1, 1]: above 0 an entry should be expanded, below 0 collapsed.
//
// Utilities are gains, nats a token: expanding mostly gains, collapsing mostly loses. The source's labels are
//   expand   y =  max(0, loss now - loss when expanded)
//   collapse y = -max(0, loss when collapsed - loss now)
// so the collapse that hurts most has the lowest score, and an allocator that collapses the lowest first
// begins with it. `detail` asks another question of the same numbers: what is it worth to have this span in
// more detail, w = gain of expanding = loss of collapsing, and is that above or below a price?
//   y = (w - price) / scale
// With the median as price, as much is worth opening as closing, which is what a budget needs.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "plugins/focus/common/entries.hpp"

namespace gistmill::focus {

enum class TargetRule { detail, source };
// Throws std::invalid_argument of another word.
TargetRule target_rule_of(std::string_view word);

struct TargetOptions {
  TargetRule rule = TargetRule::detail;
  double scale = 0;  // nats at which a target is 1 or -1, and beyond; 0: the greatest of the context
};

// utilities [N, 2]: of expanding, of collapsing (of siblings at the first; all get what it says); NaN:
// unknown. Result [N] in [-1, 1], NaN where nothing is known. Of an entry that may go both ways, the
// direction that its worth speaks for. A block's is never above 0, a gist of level 2's never below.
std::vector<float> targets_of(const Entries& entries, const float* utilities, const TargetOptions& options);

// What may be done with each entry, budget aside.
struct Legal {
  bool expand = false;
  bool collapse = false;  // with its siblings
};
std::vector<Legal> legal_actions(const Entries& entries);

// Takes away what cannot be done: a score above 0 of what cannot be expanded becomes 0, one below 0 of what
// cannot be collapsed too, and NaN where neither is legal.
void mask_scores(const Entries& entries, float* scores);

}  // namespace gistmill::focus
