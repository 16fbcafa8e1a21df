// Byte-pair merging on token ids: the table of merges, and the merging of one piece.
// Knows no text: a piece is a list of ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace gistmill::tokenizer {

// What a pair of neighbors becomes, and how early: lower ranks first.
struct Merge {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t rank = kNone;
  std::int32_t id = -1;
};

// From pairs of ids to merges: open addressing, at most half full, one cache line a look.
class MergeTable {
 public:
  explicit MergeTable(std::size_t merges);

  // False where the pair is there already. At most as many as the constructor was told.
  bool insert(std::int32_t left, std::int32_t right, Merge merge);

  // Of a pair that is there.
  void replace(std::int32_t left, std::int32_t right, Merge merge);

  Merge find(std::int32_t left, std::int32_t right) const {
    for (std::size_t at = slot(left, right);; at = (at + 1) & mask_) {
      const Entry& entry = entries_[at];
      if (entry.merge.rank == Merge::kNone) return {};
      if (entry.left == left && entry.right == right) return entry.merge;
    }
  }

 private:
  struct Entry {
    std::int32_t left = -1;
    std::int32_t right = -1;
    Merge merge;
  };

  std::size_t slot(std::int32_t left, std::int32_t right) const {
    const std::uint64_t key = static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
                              static_cast<std::uint32_t>(right);
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15u) >> 32) & mask_;
  }

  std::vector<Entry> entries_;
  std::size_t mask_;
};

// Merges pieces, one after the other, in memory that it keeps. Always the neighbors of the lowest rank
// first, the leftmost of equals. Not for several threads.
class Merger {
 public:
  // Shrinks `ids` in place. A short piece is searched again after each merge; a long one keeps its
  // candidates in a heap, so that time grows as n log n.
  void merge(const MergeTable& table, std::vector<std::int32_t>& ids);

 private:
  // A symbol of a long piece; those merged away are left out of the chain.
  struct Link {
    std::uint32_t previous;
    std::uint32_t next;
    Merge merge;  // with the next symbol
  };

  void merge_short(const MergeTable& table, std::vector<std::int32_t>& ids);
  void merge_long(const MergeTable& table, std::vector<std::int32_t>& ids);

  std::vector<Merge> merges_;
  std::vector<Link> links_;
  std::vector<std::uint64_t> heap_;
};

}  // namespace gistmill::tokenizer
