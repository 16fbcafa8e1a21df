// The map of characters of a SentencePiece normalizer (precompiled_charsmap): what nmt_nfkc and the like make
// of text, as a double-array trie (Aoe 1989, An efficient digital search algorithm by using a double-array
// structure) from UTF-8 to texts. Two libraries read it, each in its own way, and so does this.
//
// The bytes are data from strangers: every place in them is checked before it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/tokenizer/common/trie.hpp"

namespace gistmill::tokenizer {

// Immutable.
class CharacterMap {
 public:
  // u32 bytes of the array, its units of u32, then texts that each end with a zero byte. Nothing where they
  // are not: an array that is cut off or leads out of itself or behind the texts.
  static std::optional<CharacterMap> parse(std::string_view bytes);

  // As SentencePiece does it: the longest text that the map has, again and again; `kept`, its user-defined
  // pieces, are left as they are. Bytes that are not UTF-8 stay.
  std::string replace_longest(std::string_view text, const Trie& kept) const;

  // As `tokenizers` does it: a grapheme cluster of less than 6 bytes becomes what its shortest beginning in
  // the map becomes, and the rest of the cluster is gone; otherwise this is done to each character.
  std::string replace_graphemes(std::string_view text) const;

  // How many times longer it may make a text, at most.
  double growth() const { return growth_; }

 private:
  struct Found {
    std::size_t size = 0;  // bytes of the text that is in the map; 0: none is
    std::string_view text;
  };

  CharacterMap() = default;
  // Follows byte `c` from a node. False where the map has no such text.
  bool step(unsigned char c, std::uint32_t* node) const;
  std::string_view text_of(std::uint32_t node) const;
  bool check();
  Found shortest(std::string_view text) const;
  Found longest(std::string_view text) const;

  std::vector<std::uint32_t> units_;
  std::string texts_;
  double growth_ = 1;
};

// Bytes of base64, with padding. Nothing where it is none.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace gistmill::tokenizer
