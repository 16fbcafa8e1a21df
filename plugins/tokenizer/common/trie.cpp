// Built level by level from sorted strings: a node is a range of those that begin alike.
#include "plugins/tokenizer/common/trie.hpp"

#include <algorithm>

namespace gistmill::tokenizer {

Trie::Trie(std::vector<NumberedString> strings) {
  struct Range {
    std::size_t first, last;
  };
  std::ranges::stable_sort(strings, {}, &NumberedString::string);
  std::vector<Range> level = {{0, strings.size()}}, next;
  labels_.push_back(0);
  std::uint32_t nodes = 1;  // on this level and those before
  for (std::size_t depth = 0; !level.empty(); ++depth, level.swap(next), next.clear()) {
    for (const auto [first, last] : level) {
      Node node{nodes, -1};
      std::size_t at = first;
      for (; at < last && strings[at].string.size() == depth; ++at) node.number = strings[at].number;
      nodes_.push_back(node);
      while (at < last) {
        const char label = strings[at].string[depth];
        const std::size_t start = at;
        while (at < last && strings[at].string[depth] == label) ++at;
        next.push_back({start, at});
        labels_.push_back(static_cast<std::uint8_t>(label));
        ++nodes;
      }
    }
  }
  nodes_.push_back({nodes, -1});
  for (std::uint32_t node = 1; node < nodes_[1].first_child; ++node) of_root_[labels_[node]] = node;
}

}  // namespace gistmill::tokenizer
