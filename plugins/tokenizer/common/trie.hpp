// A trie of strings, each with a number: all that begin a text, in one walk. Nodes lie level by level, so
// that the children of one stand together and no node needs more than nine bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace gistmill::tokenizer {

struct NumberedString {
  std::string_view string;
  std::int32_t number;  // not negative
};

// Immutable. Keeps nothing of the strings that it was made of.
class Trie {
 public:
  Trie() : Trie(std::vector<NumberedString>()) {}
  // Of equal strings the last one counts; the empty one is never found.
  explicit Trie(std::vector<NumberedString> strings);

  // Calls on_match(size, number) for every string that `text` begins with, the shortest first.
  template <class OnMatch>
  void each_prefix(std::string_view text, OnMatch&& on_match) const {
    if (text.empty()) return;
    std::uint32_t node = of_root_[static_cast<unsigned char>(text[0])];
    for (std::size_t size = 1; node != 0; ++size) {
      if (nodes_[node].number >= 0) on_match(size, nodes_[node].number);
      if (size == text.size()) return;
      node = child(node, static_cast<unsigned char>(text[size]));
    }
  }
  // The number of a string; -1 where it is not there.
  std::int32_t find(std::string_view string) const {
    std::int32_t found = -1;
    each_prefix(string, [&](std::size_t size, std::int32_t number) {
      if (size == string.size()) found = number;
    });
    return found;
  }

 private:
  struct Node {
    std::uint32_t first_child;  // the last one stands before the next node's first
    std::int32_t number;        // of the string that ends here; -1: none does
  };

  // 0, the root, where there is none.
  std::uint32_t child(std::uint32_t node, unsigned char label) const {
    constexpr std::uint32_t kFew = 8;
    const std::uint32_t first = nodes_[node].first_child, last = nodes_[node + 1].first_child;
    if (last - first > kFew) {
      const auto* const found =
          static_cast<const std::uint8_t*>(std::memchr(labels_.data() + first, label, last - first));
      return found == nullptr ? 0 : static_cast<std::uint32_t>(found - labels_.data());
    }
    for (std::uint32_t at = first; at < last; ++at) {
      if (labels_[at] == label) return at;
    }
    return 0;
  }

  std::vector<Node> nodes_;           // and one behind the last
  std::vector<std::uint8_t> labels_;  // of the step to each node
  std::array<std::uint32_t, 256> of_root_{};
};

}  // namespace gistmill::tokenizer
