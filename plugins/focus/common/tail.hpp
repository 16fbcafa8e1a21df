// The tail gists: what a lensnet is shown of where a history stands now. The newest gist of level 2, then the
// newest gists of level 1, oldest first (MegaContext's LensNet page: "L2 root + 5 newest L1").
#pragma once

#include <cstdint>
#include <vector>

namespace gistmill::focus {

struct TailNode {
  std::int32_t level = 0;
  std::int64_t start = 0;  // token

  bool operator==(const TailNode&) const = default;
};

// At most `count` nodes, all of them complete at the cursor: nothing behind it decides. A young history has
// fewer: no gist of level 2 before K * K tokens, and as many of level 1 as blocks.
std::vector<TailNode> tail_nodes(std::int64_t cursor, std::int64_t block, std::int64_t count);

}  // namespace gistmill::focus
