// Remembers what short pieces of text became. A piece is compared whole: what is remembered is never another
// piece's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/tokenizer/common/huge_pages.hpp"

namespace gistmill::tokenizer {

// For pieces of up to kBytes: nearly all. Sets of two entries, a cache line each, of which the first is the
// one that was used last: the second is read only where the first is another piece's.
class PieceCache {
 public:
  static constexpr std::size_t kBytes = 23;
  static constexpr std::size_t kIds = 9;

  // The piece, zeros, and its length: never all zero for a piece.
  using Key = std::array<std::uint64_t, 3>;
  struct alignas(64) Entry {
    Key key{};
    std::array<std::int32_t, kIds> ids{};
    std::int32_t count = 0;

    // Word by word: as arrays they would be compared by a call.
    bool has(const Key& other) const {
      return key[0] == other[0] && key[1] == other[1] && key[2] == other[2];
    }
  };
  struct alignas(2 * sizeof(Entry)) Set {
    Entry first, second;
  };

  // A small one: to zero all of it takes longer than to encode a short text.
  PieceCache() : sets_(std::size_t{1} << kSmallBits) {}
  // To its full size. Forgets everything, and ends every pointer to a set.
  void grow() {
    bits_ = kBits;
    sets_ = Sets(std::size_t{1} << kBits);
  }

  // readable_end: how far memory may be read past the piece.
  static Key key_of(std::string_view piece, const char* readable_end) {
    Key key{};
    if (readable_end - piece.data() >= static_cast<std::ptrdiff_t>(sizeof key)) {
      std::memcpy(key.data(), piece.data(), sizeof key);
      for (std::size_t i = 0; i < key.size(); ++i) key[i] &= kMasks[piece.size()][i];
    } else {
      std::memcpy(key.data(), piece.data(), piece.size());
    }
    key[2] |= static_cast<std::uint64_t>(piece.size()) << 56;
    return key;
  }

  Set* set_of(const Key& key) {
    const std::uint64_t mixed = key[0] ^ (key[1] * 0xC2B2AE3D27D4EB4Fu) ^ (key[2] * 0x165667B19E3779F9u);
    const std::uint64_t hash = (mixed ^ (mixed >> 29)) * 0x9E3779B97F4A7C15u;
    return &sets_[static_cast<std::size_t>(hash >> (64 - bits_))];
  }

  // The entry of a piece, as the first of its set from now on; null where there is none.
  static const Entry* find(Set& set, const Key& key) {
    if (set.first.has(key)) return &set.first;
    if (!set.second.has(key)) return nullptr;
    std::swap(set.first, set.second);
    return &set.first;
  }

  // Of a piece that is not there, with at most kIds ids.
  static void insert(Set& set, const Key& key, const std::vector<std::int32_t>& ids) {
    set.second = set.first;
    set.first.key = key;
    set.first.count = static_cast<std::int32_t>(ids.size());
    std::copy(ids.begin(), ids.end(), set.first.ids.begin());
  }

 private:
  static constexpr int kSmallBits = 9;
  static constexpr int kBits = 15;
  using Sets = std::vector<Set, HugePageAllocator<Set>>;

  // [n] keeps the first n of 24 bytes.
  static constexpr auto kMasks = [] {
    std::array<Key, sizeof(Key)> masks{};
    for (std::size_t size = 0; size < sizeof(Key); ++size) {
      for (std::size_t byte = 0; byte < size; ++byte)
        masks[size][byte / 8] |= std::uint64_t{0xFF} << 8 * (byte % 8);
    }
    return masks;
  }();
  static_assert(kBytes < sizeof(Key));

  int bits_ = kSmallBits;
  Sets sets_;
};

// For longer ones, which take longest to merge. An entry a place, of two cache lines.
class LongPieceCache {
 public:
  static constexpr std::size_t kBytes = 63;
  static constexpr std::size_t kIds = 15;

  struct alignas(64) Entry {
    std::array<char, kBytes> text{};
    std::uint8_t size = 0;
    std::array<std::int32_t, kIds> ids{};
    std::int32_t count = 0;

    bool has(std::string_view piece) const { return piece == std::string_view(text.data(), size); }
    // At most kBytes of text, and kIds ids.
    void remember(std::string_view piece, const std::vector<std::int32_t>& of_piece) {
      std::copy(piece.begin(), piece.end(), text.begin());
      size = static_cast<std::uint8_t>(piece.size());
      std::copy(of_piece.begin(), of_piece.end(), ids.begin());
      count = static_cast<std::int32_t>(of_piece.size());
    }
  };

  LongPieceCache() : entries_(std::size_t{1} << kSmallBits) {}  // as PieceCache
  void grow() { entries_ = Entries(std::size_t{1} << kBits); }

  Entry* entry_of(std::string_view piece) {
    return &entries_[std::hash<std::string_view>{}(piece) & (entries_.size() - 1)];
  }

 private:
  static constexpr int kSmallBits = 6;
  static constexpr int kBits = 12;
  using Entries = std::vector<Entry, HugePageAllocator<Entry>>;

  Entries entries_;
};

}  // namespace gistmill::tokenizer
