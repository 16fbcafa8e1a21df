#include "plugins/focus/common/working_context.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <gistmill/formats/digest.hpp>

namespace gistmill::focus {
namespace {

std::string tokens_text(std::int64_t count) { return std::to_string(count) + " tokens"; }

const char* word(Direction direction) { return direction == Direction::expand ? "expand" : "collapse"; }

std::string name_of(const Edit& edit) {
  return std::string(word(edit.direction)) + " of entry " + std::to_string(edit.index);
}

// What stands in the place of a swap's entries.
std::vector<Entry> replacement(const Entry& first, Direction direction, std::int64_t block,
                               std::int32_t iteration) {
  if (direction == Direction::collapse) return {{first.level + 1, first.start, iteration, direction}};
  if (first.level == 1) return {{0, first.start, iteration, direction}};
  std::vector<Entry> children;
  for (std::int64_t i = 0; i < block; ++i)
    children.push_back({1, static_cast<std::int32_t>(first.start + i * block), iteration, direction});
  return children;
}

// The oldest legal collapse of what was not expanded in the last `hold` iterations; else the oldest.
std::optional<Swap> swap_for_room(const Entries& entries, std::int64_t hold) {
  std::optional<Swap> held;
  for (std::size_t i = 0; i < entries.count; ++i) {
    const auto swap = swap_of(entries, {static_cast<std::int64_t>(i), Direction::collapse});
    if (!swap) continue;
    bool is_held = false;
    for (std::size_t j = swap->first; j < swap->first + swap->count; ++j)
      is_held = is_held || (entries.last_action[j] == 1 && entries.residency[j] <= hold);
    if (!is_held) return swap;
    if (!held) held = swap;
  }
  return held;
}

}  // namespace

Entries EntryArrays::entries() const {
  return {rules.block,   begin,         cursor,           rules.budget,       rules.protected_tail,
          levels.data(), starts.data(), residency.data(), last_action.data(), levels.size()};
}

WorkingContext::WorkingContext(const ContextRules& rules) : rules_(rules) {
  if (rules.block < 2 || rules.block > 1024) {
    throw ContextError("block is " + std::to_string(rules.block) + " when it should be 2 to 1024 tokens");
  }
  if (rules.protected_tail < 0 || rules.protected_tail % rules.block != 0) {
    throw ContextError("the protected tail is " + tokens_text(rules.protected_tail) +
                       " when it should be whole blocks of " + std::to_string(rules.block));
  }
  if (rules.hold < 0)
    throw ContextError("hold is " + std::to_string(rules.hold) + " when it counts iterations");
  const std::int64_t least = std::max(rules.protected_tail, rules.block);
  if (rules.budget < least) {
    throw ContextError("the budget is " + std::to_string(rules.budget) + " rows when the " +
                       (rules.protected_tail >= rules.block ? "protected tail" : "newest block") +
                       " alone takes " + std::to_string(least) +
                       "; raise the budget or shorten the protected tail");
  }
}

Room WorkingContext::append_block(std::int32_t iteration) {
  if (cursor_ + rules_.block > std::numeric_limits<std::int32_t>::max())
    throw ContextError("a history ends at " + std::to_string(cursor_) + " tokens: places are 32 bits");
  WorkingContext grown = *this;
  grown.entries_.push_back({0, static_cast<std::int32_t>(cursor_), iteration, Direction::none});
  grown.cursor_ += rules_.block;
  grown.cost_ += rules_.block;
  Room room;
  grown.make_room(room, iteration);
  *this = std::move(grown);
  return room;
}

void WorkingContext::fail_to_make_room() const {
  throw ContextError("a history of " + tokens_text(cursor_) + " takes " + std::to_string(cost_) +
                     " rows when the budget is " + std::to_string(rules_.budget) +
                     (rules_.overflow == Overflow::fail ? "" : " and nothing older can make room"));
}

void WorkingContext::make_room(Room& room, std::int32_t iteration) {
  if (rules_.overflow == Overflow::drop) drop_oldest(room);
  while (cost_ > rules_.budget) {
    if (rules_.overflow != Overflow::collapse) fail_to_make_room();
    const EntryArrays arrays = this->arrays(iteration);
    const std::optional<Swap> swap = swap_for_room(arrays.entries(), rules_.hold);
    if (!swap) fail_to_make_room();
    room.spans.push_back(span_of(arrays.entries(), *swap));
    replace(*swap, iteration);
    room.collapsed.push_back(swap->edit);
  }
}

void WorkingContext::drop_oldest(Room& room) {
  std::size_t dropped = 0;
  while (cost_ > rules_.budget) {
    const Entry& oldest = entries_[dropped];
    const std::int64_t end = oldest.start + width_of(oldest.level, rules_.block);
    if (end > cursor_ - rules_.protected_tail) fail_to_make_room();
    cost_ -= cost_of(oldest.level, rules_.block);
    begin_ = end;
    ++dropped;
  }
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(dropped));
  room.dropped = static_cast<std::int64_t>(dropped);
}

void WorkingContext::apply(const std::vector<Edit>& edits, std::int32_t iteration) {
  const EntryArrays arrays = this->arrays(iteration);
  const Entries entries = arrays.entries();
  std::vector<Swap> swaps;
  std::int64_t cost = cost_;
  for (const Edit& edit : edits) {
    std::string why;
    const std::optional<Swap> swap = swap_of(entries, edit, &why);
    if (!swap) throw ContextError(name_of(edit) + " is not legal: " + why);
    swaps.push_back(*swap);
    cost += swap->cost;
  }
  std::sort(swaps.begin(), swaps.end(), [](const Swap& a, const Swap& b) { return a.first > b.first; });
  for (std::size_t i = 1; i < swaps.size(); ++i) {
    if (swaps[i].overlaps(swaps[i - 1]))
      throw ContextError(name_of(swaps[i].edit) + " overlaps " + name_of(swaps[i - 1].edit));
  }
  if (cost > rules_.budget) {
    throw ContextError("the actions lead to " + std::to_string(cost) + " rows when the budget is " +
                       std::to_string(rules_.budget));
  }
  WorkingContext edited = *this;
  for (const Swap& swap : swaps) edited.replace(swap, iteration);
  *this = std::move(edited);
}

void WorkingContext::replace(const Swap& swap, std::int32_t iteration) {
  const auto first = entries_.begin() + static_cast<std::ptrdiff_t>(swap.first);
  const std::vector<Entry> instead = replacement(*first, swap.edit.direction, rules_.block, iteration);
  const auto place = entries_.erase(first, first + static_cast<std::ptrdiff_t>(swap.count));
  entries_.insert(place, instead.begin(), instead.end());
  cost_ += swap.cost;
}

EntryArrays WorkingContext::arrays(std::int32_t iteration) const {
  EntryArrays arrays;
  arrays.rules = rules_;
  arrays.begin = begin_;
  arrays.cursor = cursor_;
  for (const Entry& entry : entries_) {
    arrays.levels.push_back(entry.level);
    arrays.starts.push_back(entry.start);
    arrays.residency.push_back(iteration - entry.since);
    arrays.last_action.push_back(static_cast<std::int32_t>(entry.last_action));
  }
  return arrays;
}

std::string WorkingContext::text() const {
  std::string text = std::to_string(begin_) + ":";
  for (std::size_t i = 0; i < entries_.size();) {
    std::size_t next = i;
    while (next < entries_.size() && entries_[next].level == entries_[i].level) ++next;
    text += " " + std::to_string(entries_[i].level) + "x" + std::to_string(next - i);
    i = next;
  }
  return text;
}

std::string WorkingContext::digest() const {
  formats::Sha256 sha;
  sha.update_field(text());
  for (const Entry& entry : entries_) {
    const std::int32_t numbers[] = {entry.since, static_cast<std::int32_t>(entry.last_action)};
    sha.update(numbers, sizeof numbers);
  }
  return sha.hex().substr(0, 16);
}

}  // namespace gistmill::focus
