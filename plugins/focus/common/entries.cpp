#include "plugins/focus/common/entries.hpp"

namespace gistmill::focus {
namespace {

std::string at(const char* name, std::size_t i, std::int64_t value) {
  return std::string(name) + "[" + std::to_string(i) + "] is " + std::to_string(value);
}

// The K entries of L1 under the L2 gist that covers entry `i`; nothing where one of them is not L1.
std::optional<std::size_t> first_sibling(const Entries& entries, std::size_t i) {
  const std::int64_t block = entries.block;
  const std::int64_t place = entries.starts[i] / block % block;  // among its siblings
  if (static_cast<std::int64_t>(i) < place) return std::nullopt;
  const std::size_t first = i - static_cast<std::size_t>(place);
  const auto width = static_cast<std::size_t>(block);
  if (first + width > entries.count) return std::nullopt;
  for (std::size_t j = first; j < first + width; ++j) {
    if (entries.levels[j] != 1) return std::nullopt;
  }
  // entries tile: K of L1 from a place before `i` to one behind it are the siblings, if the first is in place
  if (entries.starts[first] % (block * block) != 0) return std::nullopt;
  return first;
}

std::optional<Swap> refused(std::string* why, const std::string& reason) {
  if (why != nullptr) *why = reason;
  return std::nullopt;
}

}  // namespace

std::int64_t Entries::cost() const {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += cost_of(levels[i], block);
  return sum;
}

std::string what_is_wrong(const Entries& entries) {
  const std::int64_t block = entries.block;
  if (block < 2 || block > 1024) {
    return "block is " + std::to_string(block) + " when it should be 2 to 1024 tokens";
  }
  std::int64_t next = entries.count == 0 ? entries.begin : entries.starts[0];
  if (next != entries.begin)
    return at("starts", 0, next) + " when the context begins with " + std::to_string(entries.begin);
  for (std::size_t i = 0; i < entries.count; ++i) {
    const std::int32_t level = entries.levels[i];
    if (level < 0 || level >= kLevels) return at("levels", i, level) + " when levels are 0 to 2";
    if (entries.starts[i] != next) {
      return at("starts", i, entries.starts[i]) + " when the entry before ends at " + std::to_string(next);
    }
    if (entries.starts[i] % width_of(level, block) != 0) {
      return at("starts", i, entries.starts[i]) + " when an entry of level " + std::to_string(level) +
             " begins with a multiple of " + std::to_string(width_of(level, block));
    }
    if (entries.residency[i] < 0)
      return at("residency", i, entries.residency[i]) + " when it counts iterations";
    if (entries.last_action[i] < -1 || entries.last_action[i] > 1)
      return at("last_action", i, entries.last_action[i]) + " when it should be -1, 0 or 1";
    next = entries.end(i);
  }
  if (next != entries.cursor) {
    return "the entries end at " + std::to_string(next) + " when the cursor is " +
           std::to_string(entries.cursor);
  }
  return "";
}

std::optional<Swap> swap_of(const Entries& entries, const Edit& edit, std::string* why) {
  const auto i = static_cast<std::size_t>(edit.index);
  if (edit.index < 0 || i >= entries.count) {
    return refused(
        why, "there is no entry " + std::to_string(edit.index) + " among " + std::to_string(entries.count));
  }
  const std::int64_t freed = entries.block - 1;  // K rows in place of one, or one in place of K
  Swap swap{edit, i, 1, freed};
  if (edit.direction == Direction::expand) {
    if (entries.levels[i] == 0) return refused(why, "a block of tokens cannot be expanded");
  } else if (edit.direction == Direction::collapse) {
    swap.cost = -freed;
    if (entries.levels[i] == 2) return refused(why, "a gist of level 2 cannot be collapsed");
    if (entries.levels[i] == 1) {
      const std::optional<std::size_t> first = first_sibling(entries, i);
      if (!first) return refused(why, "its siblings do not all stand at level 1");
      swap.first = *first;
      swap.count = static_cast<std::size_t>(entries.block);
      swap.edit.index = static_cast<std::int64_t>(*first);
    }
  } else {
    return refused(why, "an action is 1 (expand) or -1 (collapse)");
  }
  if (entries.is_protected(swap.first + swap.count - 1)) return refused(why, "it is in the protected tail");
  return swap;
}

std::vector<Swap> legal_swaps(const Entries& entries) {
  std::vector<Swap> swaps;
  for (std::size_t i = 0; i < entries.count; ++i) {
    const auto index = static_cast<std::int64_t>(i);
    if (const auto swap = swap_of(entries, {index, Direction::expand})) swaps.push_back(*swap);
    // of siblings, the first alone stands for all
    const bool first = entries.levels[i] != 1 || entries.starts[i] % (entries.block * entries.block) == 0;
    if (!first) continue;
    if (const auto swap = swap_of(entries, {index, Direction::collapse})) swaps.push_back(*swap);
  }
  return swaps;
}

}  // namespace gistmill::focus
