#include "plugins/focus/common/tail.hpp"

#include <algorithm>

namespace gistmill::focus {

std::vector<TailNode> tail_nodes(std::int64_t cursor, std::int64_t block, std::int64_t count) {
  std::vector<TailNode> nodes;
  const std::int64_t blocks = cursor / block;
  const std::int64_t roots = blocks / block;
  if (roots > 0 && count > 0) nodes.push_back({2, (roots - 1) * block * block});
  for (std::int64_t i = std::max<std::int64_t>(0, blocks - (count - 1)); i < blocks; ++i)
    nodes.push_back({1, i * block});
  return nodes;
}

}  // namespace gistmill::focus
