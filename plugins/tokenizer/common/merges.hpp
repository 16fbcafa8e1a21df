// Byte-pair merging on token ids: the table of merges, and the merging of one piece.
// Knows no text: a piece is a list of ids.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "plugins/tokenizer/common/huge_pages.hpp"

namespace gistmill::tokenizer {

// What a pair of neighbors becomes, and how early: lower ranks first.
struct Merge {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t rank = kNone;
  std::int32_t id = -1;
};

// From pairs of ids to merges: buckets of four, a cache line each, of which two in three places are taken.
// Most pairs that do not merge have no bit in a filter, which stays in the cache where the buckets do not:
// each of these would be another line of memory to wait for.
class MergeTable {
 public:
  explicit MergeTable(std::size_t merges);

  // False where the pair is there already. At most as many as the constructor was told.
  bool insert(std::int32_t left, std::int32_t right, Merge merge);

  // Of a pair that is there.
  void replace(std::int32_t left, std::int32_t right, Merge merge);

  Merge find(std::int32_t left, std::int32_t right) const {
    const std::uint64_t key = key_of(left, right);
    if (!is_in_filter(key)) return {};
    for (std::size_t at = bucket_of(key);; at = after(at)) {
      const Bucket& bucket = buckets_[at];
      const Four found = bucket.keys == key ? ~bucket.merges : Four{};
      const std::uint64_t merge = (found[0] | found[1]) | (found[2] | found[3]);
      if (merge != 0 || !bucket.is_full()) [[likely]]
        return unpacked(~merge);
    }
  }

  // Fetches what find() will read.
  void prefetch(std::int32_t left, std::int32_t right) const {
    const std::uint64_t key = key_of(left, right);
    if (is_in_filter(key)) __builtin_prefetch(&buckets_[bucket_of(key)]);
  }

  // The largest rank; 0 where there is no merge.
  std::uint32_t last_rank() const { return last_rank_; }

 private:
  static constexpr std::size_t kPlaces = 4;
  static constexpr std::size_t kWordBits = 64;
  static constexpr std::uint64_t kFree = std::numeric_limits<std::uint64_t>::max();

  using Four [[gnu::vector_size(32)]] = std::uint64_t;

  // Filled from the front.
  struct alignas(64) Bucket {
    Four keys{kFree, kFree, kFree, kFree};
    Four merges{kFree, kFree, kFree, kFree};  // a rank above an id

    bool is_full() const { return merges[kPlaces - 1] != kFree; }
  };

  static std::uint64_t two(std::uint32_t high, std::int32_t low) {
    return static_cast<std::uint64_t>(high) << 32 | static_cast<std::uint32_t>(low);
  }
  static std::uint64_t key_of(std::int32_t left, std::int32_t right) {
    return two(static_cast<std::uint32_t>(left), right);
  }
  static Merge unpacked(std::uint64_t merge) {
    return {static_cast<std::uint32_t>(merge >> 32), static_cast<std::int32_t>(merge & 0xFFFFFFFFu)};
  }
  // The high half of a product of 32 bits each is as good as a remainder.
  std::size_t bucket_of(std::uint64_t key) const {
    return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15u >> 32) * buckets_.size() >> 32);
  }
  // Another product than bucket_of()'s: pairs of one bucket have different bits.
  std::size_t bit_of(std::uint64_t key) const {
    return static_cast<std::size_t>((key * 0xC2B2AE3D27D4EB4Fu >> 32) * (kWordBits * filter_.size()) >> 32);
  }
  bool is_in_filter(std::uint64_t key) const {
    const std::size_t bit = bit_of(key);
    return (filter_[bit / kWordBits] >> bit % kWordBits & 1) != 0;
  }
  std::size_t after(std::size_t at) const { return at + 1 == buckets_.size() ? 0 : at + 1; }

  std::vector<Bucket, HugePageAllocator<Bucket>> buckets_;
  std::vector<std::uint64_t, HugePageAllocator<std::uint64_t>> filter_;  // eight bits for each merge
  std::uint32_t last_rank_ = 0;
};

// A piece of a batch: its ids, of which merging leaves the first ones.
struct ShortPiece {
  std::int32_t* ids;
  std::size_t count;
};

// Merges pieces in memory that it keeps. Always the neighbors of the lowest rank first, the leftmost of
// equals. Not for several threads.
class Merger {
 public:
  static constexpr std::size_t kMostOfBatch = 32;  // ids of a piece

  // Shrinks `ids` in place. A short piece is searched again after each merge; a long one keeps its
  // candidates in a heap, so that time grows as n log n.
  void merge(const MergeTable& table, std::vector<std::int32_t>& ids);

  // Merges every piece, several at a time: while one waits for memory, the others go on. A piece has 1 to
  // kMostOfBatch ids.
  void merge_batch(const MergeTable& table, ShortPiece* pieces, std::size_t count);

 private:
  // A symbol of a long piece; those merged away are left out of the chain.
  struct Link {
    std::uint32_t previous;
    std::uint32_t next;
    Merge merge;  // with the next symbol
  };

  void merge_long(const MergeTable& table, std::vector<std::int32_t>& ids);

  std::vector<Link> links_;
  std::vector<std::uint64_t> heap_;
};

}  // namespace gistmill::tokenizer
