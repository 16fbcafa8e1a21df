// The two ways of merging, with the same result.
#include "plugins/tokenizer/common/merges.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <stdexcept>

namespace gistmill::tokenizer {
namespace {

constexpr std::size_t kShort = 48;  // symbols; where the two ways take about the same time
constexpr std::uint32_t kEnd = std::numeric_limits<std::uint32_t>::max();

}  // namespace

MergeTable::MergeTable(std::size_t merges)
    : entries_(std::bit_ceil(2 * merges + 2)), mask_(entries_.size() - 1) {}

bool MergeTable::insert(std::int32_t left, std::int32_t right, Merge merge) {
  std::size_t at = slot(left, right);
  while (entries_[at].merge.rank != Merge::kNone) {
    if (entries_[at].left == left && entries_[at].right == right) return false;
    at = (at + 1) & mask_;
  }
  entries_[at] = {left, right, merge};
  return true;
}

void MergeTable::replace(std::int32_t left, std::int32_t right, Merge merge) {
  std::size_t at = slot(left, right);
  while (entries_[at].left != left || entries_[at].right != right) at = (at + 1) & mask_;
  entries_[at].merge = merge;
}

void Merger::merge(const MergeTable& table, std::vector<std::int32_t>& ids) {
  if (ids.size() < 2) return;
  ids.size() <= kShort ? merge_short(table, ids) : merge_long(table, ids);
}

void Merger::merge_short(const MergeTable& table, std::vector<std::int32_t>& ids) {
  merges_.resize(ids.size() - 1);
  for (std::size_t i = 0; i + 1 < ids.size(); ++i) merges_[i] = table.find(ids[i], ids[i + 1]);
  while (!merges_.empty()) {
    const auto best = std::min_element(merges_.begin(), merges_.end(),
                                       [](const Merge& a, const Merge& b) { return a.rank < b.rank; });
    if (best->rank == Merge::kNone) return;
    const std::ptrdiff_t at = best - merges_.begin();
    ids[static_cast<std::size_t>(at)] = best->id;
    ids.erase(ids.begin() + at + 1);
    merges_.erase(best);
    const auto place = static_cast<std::size_t>(at);
    if (place > 0) merges_[place - 1] = table.find(ids[place - 1], ids[place]);
    if (place < merges_.size()) merges_[place] = table.find(ids[place], ids[place + 1]);
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
