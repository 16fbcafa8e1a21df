// The two ways of merging, with the same result.
#include "plugins/tokenizer/common/merges.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <stdexcept>

#include "plugins/tokenizer/common/clones.hpp"

namespace gistmill::tokenizer {
namespace {

constexpr std::size_t kShort = 64;  // symbols
constexpr std::uint32_t kEnd = std::numeric_limits<std::uint32_t>::max();

// Neighbors of a short piece as one number, rank above place: the smallest is the next merge.
constexpr int kPlaceBits = 6;
constexpr std::uint32_t kShortRanks = 1u << (32 - kPlaceBits);

// Sixteen numbers; compilers make of it what the processor has.
using Numbers [[gnu::vector_size(64)]] = std::uint32_t;
constexpr std::uint32_t kLanes = 16;
constexpr Numbers kPlacesOfLanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

[[gnu::always_inline]] inline void keep_smaller(Numbers* least, const Numbers* others) {
  *least = *least < *others ? *least : *others;
}

// The numbers of kVectors * 16 places, in registers: a number that is written to memory could not be read
// soon as part of a vector.
template <std::size_t kVectors>
class Waiting {
 public:
  [[gnu::always_inline]] void set(std::size_t place, std::uint32_t number) {
    for (std::size_t i = 0; i < kVectors; ++i) {
      const auto lane = static_cast<std::uint32_t>(place - i * kLanes);
      numbers_[i] = kPlacesOfLanes == lane ? Numbers{} + number : numbers_[i];
    }
  }
  [[gnu::always_inline]] std::uint32_t smallest() const {
    Numbers least = numbers_[0];
    for (std::size_t i = 1; i < kVectors; ++i) keep_smaller(&least, &numbers_[i]);
    Numbers moved =
        __builtin_shufflevector(least, least, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    keep_smaller(&least, &moved);
    moved = __builtin_shufflevector(least, least, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    keep_smaller(&least, &moved);
    moved = __builtin_shufflevector(least, least, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    keep_smaller(&least, &moved);
    moved = __builtin_shufflevector(least, least, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    keep_smaller(&least, &moved);
    return least[0];
  }
  // From memory, once.
  [[gnu::always_inline]] void load(const std::uint32_t* numbers) {
    std::memcpy(&numbers_, numbers, sizeof numbers_);
  }

 private:
  std::array<Numbers, kVectors> numbers_;
};

// A piece that merges. Its symbols stay where they are; a bit of `there_` tells which were not merged away.
template <std::size_t kVectors>
class Merging {
 public:
  [[gnu::always_inline]] void begin(const MergeTable& table, ShortPiece* piece) {
    piece_ = piece;
    ids_ = piece->ids;
    alignas(64) std::array<std::uint32_t, kVectors * kLanes> first;
    first.fill(kEnd);
    for (std::size_t i = 0; i + 1 < piece->count; ++i) first[i] = look(table, ids_[i], ids_[i + 1], i);
    waiting_.load(first.data());
    there_ = ~std::uint64_t{0} >> (kShort - piece->count);
  }

  // Takes the next merge, and fetches what its new neighbors need. False where there is none: the piece is
  // done.
  [[gnu::always_inline]] bool choose(const MergeTable& table) {
    const std::uint32_t best = waiting_.smallest();
    if (best == kEnd) {
      finish();
      return false;
    }
    at_ = best % kShort;
    const std::uint64_t behind = there_ & ~std::uint64_t{1} << at_;
    after_ = behind & (behind - 1);
    before_ = there_ & ((std::uint64_t{1} << at_) - 1);
    const auto gone = static_cast<std::size_t>(std::countr_zero(behind));
    there_ &= ~(std::uint64_t{1} << gone);
    waiting_.set(gone, kEnd);
    const std::int32_t id = ids_[at_] = results_[at_];
    if (after_ != 0) table.prefetch(id, ids_[std::countr_zero(after_)]);
    if (before_ != 0) table.prefetch(ids_[63 - std::countl_zero(before_)], id);
    return true;
  }

  // Looks for merges with the symbol that choose() made.
  [[gnu::always_inline]] void renew(const MergeTable& table) {
    const std::int32_t id = ids_[at_];
    waiting_.set(at_, after_ == 0 ? kEnd : look(table, id, ids_[std::countr_zero(after_)], at_));
    if (before_ == 0) return;
    const auto left = static_cast<std::size_t>(63 - std::countl_zero(before_));
    waiting_.set(left, look(table, ids_[left], id, left));
  }

 private:
  [[gnu::always_inline]] std::uint32_t look(const MergeTable& table, std::int32_t left, std::int32_t right,
                                            std::size_t at) {
    const Merge merge = table.find(left, right);
    results_[at] = merge.id;
    return merge.rank == Merge::kNone ? kEnd : merge.rank << kPlaceBits | static_cast<std::uint32_t>(at);
  }
  [[gnu::always_inline]] void finish() {
    piece_->count = 0;
    for (; there_ != 0; there_ &= there_ - 1) ids_[piece_->count++] = ids_[std::countr_zero(there_)];
  }

  Waiting<kVectors> waiting_;
  std::array<std::int32_t, kVectors * kLanes> results_;
  std::int32_t* ids_;
  ShortPiece* piece_;
  std::uint64_t there_, after_, before_;
  std::size_t at_;
};

template <std::size_t kVectors>
[[gnu::always_inline]] inline void merge_one(const MergeTable& table, ShortPiece* piece) {
  Merging<kVectors> merging;
  merging.begin(table, piece);
  while (merging.choose(table)) merging.renew(table);
}

GISTMILL_TOKENIZER_CLONES
void merge_short(const MergeTable& table, ShortPiece* piece) {
  if (piece->count <= kLanes) {
    merge_one<1>(table, piece);
  } else if (piece->count <= std::size_t{2} * kLanes) {
    merge_one<2>(table, piece);
  } else {
    merge_one<4>(table, piece);
  }
}

constexpr std::size_t kAtOnce = 8;

GISTMILL_TOKENIZER_CLONES
void merge_interleaved(const MergeTable& table, ShortPiece* pieces, std::size_t count) {
  std::array<Merging<Merger::kMostOfBatch / kLanes>, kAtOnce> places;
  std::array<std::size_t, kAtOnce> going;  // places with a piece
  std::size_t next = 0, number = 0;
  // Whether there was a piece with anything to merge.
  const auto begins = [&](std::size_t place) {
    while (next < count) {
      places[place].begin(table, pieces + next++);
      if (places[place].choose(table)) return true;
    }
    return false;
  };
  while (number < kAtOnce && begins(number)) {
    going[number] = number;
    ++number;
  }
  while (number > 0) {
    for (std::size_t i = 0; i < number;) {
      const std::size_t place = going[i];
      places[place].renew(table);
      if (places[place].choose(table) || begins(place)) {
        ++i;
      } else {
        going[i] = going[--number];
      }
    }
  }
}

}  // namespace

MergeTable::MergeTable(std::size_t merges)
    : buckets_(merges * 3 / 2 / kPlaces + 1), filter_(merges * 8 / kWordBits + 1) {
  if (filter_.size() * kWordBits > std::numeric_limits<std::uint32_t>::max())
    throw std::length_error("2^29 merges or more");
}

bool MergeTable::insert(std::int32_t left, std::int32_t right, Merge merge) {
  const std::uint64_t key = key_of(left, right);
  const std::size_t bit = bit_of(key);
  filter_[bit / kWordBits] |= std::uint64_t{1} << bit % kWordBits;
  for (std::size_t at = bucket_of(key);; at = after(at)) {
    Bucket& bucket = buckets_[at];
    for (std::size_t i = 0; i < kPlaces; ++i) {
      if (bucket.keys[i] == key) return false;
      if (bucket.keys[i] != kFree) continue;
      bucket.keys[i] = key;
      bucket.merges[i] = two(merge.rank, merge.id);
      last_rank_ = std::max(last_rank_, merge.rank);
      return true;
    }
  }
}

void MergeTable::replace(std::int32_t left, std::int32_t right, Merge merge) {
  const std::uint64_t key = key_of(left, right);
  for (std::size_t at = bucket_of(key);; at = after(at)) {
    Bucket& bucket = buckets_[at];
    for (std::size_t i = 0; i < kPlaces; ++i) {
      if (bucket.keys[i] != key) continue;
      bucket.merges[i] = two(merge.rank, merge.id);
      last_rank_ = std::max(last_rank_, merge.rank);
      return;
    }
  }
}

void Merger::merge(const MergeTable& table, std::vector<std::int32_t>& ids) {
  if (ids.size() < 2) return;
  if (ids.size() <= kShort && table.last_rank() < kShortRanks) {
    ShortPiece piece{ids.data(), ids.size()};
    merge_short(table, &piece);
    ids.resize(piece.count);
  } else {
    merge_long(table, ids);
  }
}

void Merger::merge_batch(const MergeTable& table, ShortPiece* pieces, std::size_t count) {
  if (table.last_rank() < kShortRanks) return merge_interleaved(table, pieces, count);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::int32_t> ids(pieces[i].ids, pieces[i].ids + pieces[i].count);
    merge(table, ids);
    pieces[i].count = ids.size();
    std::copy(ids.begin(), ids.end(), pieces[i].ids);
  }
}

void Merger::merge_long(const MergeTable& table, std::vector<std::int32_t>& ids) {
  if (ids.size() >= kEnd) throw std::length_error("a piece of text has more than 2^32 - 2 bytes");
  const auto count = static_cast<std::uint32_t>(ids.size());
  // A candidate is its rank above its position: the smallest is the next merge. It is out of date where
  // the rank at the position is no longer its own.
  const auto candidate = [](std::uint32_t rank, std::uint32_t at) {
    return static_cast<std::uint64_t>(rank) << 32 | at;
  };
  links_.resize(count);
  heap_.clear();
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    links_[i] = {i == 0 ? kEnd : i - 1, last ? kEnd : i + 1, last ? Merge{} : table.find(ids[i], ids[i + 1])};
    if (links_[i].merge.rank != Merge::kNone) heap_.push_back(candidate(links_[i].merge.rank, i));
  }
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());

  const auto renew = [&](std::uint32_t at) {
    Link& link = links_[at];
    link.merge = link.next == kEnd ? Merge{} : table.find(ids[at], ids[link.next]);
    if (link.merge.rank == Merge::kNone) return;
    heap_.push_back(candidate(link.merge.rank, at));
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  };
  while (!heap_.empty()) {
    const std::uint64_t top = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
    const auto at = static_cast<std::uint32_t>(top);
    Link& link = links_[at];
    if (link.merge.rank != static_cast<std::uint32_t>(top >> 32)) continue;
    ids[at] = link.merge.id;
    Link& gone = links_[link.next];
    gone.merge = {};
    link.next = gone.next;
    if (link.next != kEnd) links_[link.next].previous = at;
    renew(at);
    if (link.previous != kEnd) renew(link.previous);
  }

  std::size_t kept = 0;
  for (std::uint32_t i = 0; i != kEnd; i = links_[i].next) ids[kept++] = ids[i];
  ids.resize(kept);
}

}  // namespace gistmill::tokenizer
