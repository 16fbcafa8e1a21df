#include "plugins/focus/common/invariants.hpp"

#include <algorithm>

namespace gistmill::focus {
namespace {

std::string number(std::int64_t value) { return std::to_string(value); }

std::string entry_text(const Entry& entry) {
  return "the entry of level " + number(entry.level) + " at " + number(entry.start);
}

std::int64_t width(const Entry& entry, std::int64_t block) {
  std::int64_t tokens = block;
  for (std::int32_t level = 1; level < entry.level; ++level) tokens *= block;
  return tokens;
}

std::string broken_shape(const WorkingContext& context) {
  const std::int64_t block = context.rules().block;
  std::int64_t next = context.begin();
  std::int64_t cost = 0;
  for (const Entry& entry : context.entries()) {
    if (entry.level < 0 || entry.level > 2) return "level: " + entry_text(entry) + " is of no level";
    if (entry.start != next) return "contiguity: " + entry_text(entry) + " should begin at " + number(next);
    if (entry.start % width(entry, block) != 0)
      return "alignment: " + entry_text(entry) + " does not begin with a multiple of its width";
    next += width(entry, block);
    cost += entry.level == 0 ? block : 1;
  }
  if (next != context.cursor())
    return "contiguity: the entries end at " + number(next) + ", the cursor is " + number(context.cursor());
  if (cost != context.cost())
    return "budget: the entries take " + number(cost) + " rows, the context says " + number(context.cost());
  if (cost > context.rules().budget)
    return "budget: " + number(cost) + " rows are above " + number(context.rules().budget);
  return "";
}

std::string broken_node(const Tree& tree, const WorkingContext& context) {
  if (tree.tokens() != context.cursor())
    return "node: the tree has " + number(tree.tokens()) + " tokens, the cursor is " +
           number(context.cursor());
  for (const Entry& entry : context.entries()) {
    if (!tree.has(entry.level, entry.start)) return "node: the tree has no node of " + entry_text(entry);
    const Node node = tree.node(entry.level, entry.start);
    if (node.start != entry.start || node.end != entry.start + width(entry, tree.block()))
      return "level: " + entry_text(entry) + " covers another span than its node";
  }
  return "";
}

std::string broken_tail(const WorkingContext& context) {
  for (const Entry& entry : context.entries()) {
    const std::int64_t end = entry.start + width(entry, context.rules().block);
    if (entry.level != 0 && end > context.cursor() - context.rules().protected_tail)
      return "tail: " + entry_text(entry) + " is a gist in the protected tail";
  }
  return "";
}

std::string broken_position(const Tree& tree, const WorkingContext& context, Place place) {
  const Rows rows = rows_of(context, tree.data(), place);
  if (static_cast<std::int64_t>(rows.position.size()) != context.cost()) {
    return "position: there are " + number(static_cast<std::int64_t>(rows.position.size())) +
           " rows, the cost is " + number(context.cost());
  }
  std::size_t row = 0;
  for (const Entry& entry : context.entries()) {
    const std::int64_t wide = width(entry, context.rules().block);
    const std::int64_t offset = place == Place::start ? 0 : place == Place::end ? wide - 1 : wide / 2;
    for (std::int64_t i = 0; i < (entry.level == 0 ? wide : 1); ++i, ++row) {
      const std::int64_t wanted = entry.start + (entry.level == 0 ? i : offset);
      const std::int32_t token = entry.level == 0 ? tree.data()[wanted] : -1;
      if (rows.position[row] != wanted || rows.token[row] != token)
        return "position: row " + number(static_cast<std::int64_t>(row)) + " of " + entry_text(entry) +
               " is at " + number(rows.position[row]) + ", not at " + number(wanted);
    }
  }
  return "";
}

// The entries of `after` that begin in [start, end).
std::vector<Entry> within(const WorkingContext& after, std::int64_t start, std::int64_t end) {
  std::vector<Entry> found;
  for (const Entry& entry : after.entries()) {
    if (entry.start >= start && entry.start < end) found.push_back(entry);
  }
  return found;
}

// Whether `edit` of `entry` has to do with `other`: itself, or a sibling that goes with it.
bool is_taken(const Entry& entry, const Edit& edit, const Entry& other, std::int64_t block) {
  if (edit.direction == Direction::expand || entry.level == 0) return other == entry;
  return other.level == 1 && other.start / (block * block) == entry.start / (block * block);
}

std::string broken_swap(const WorkingContext& after, const Change& change) {
  const std::int64_t block = after.rules().block;
  std::size_t whole = 0;  // entries of `after` that are accounted for
  for (const Entry& entry : change.before.entries()) {
    const bool taken = std::any_of(change.edits.begin(), change.edits.end(), [&](const Edit& edit) {
      return is_taken(change.before.entries()[static_cast<std::size_t>(edit.index)], edit, entry, block);
    });
    if (taken) continue;
    if (within(after, entry.start, entry.start + width(entry, block)) != std::vector<Entry>{entry})
      return "swap: " + entry_text(entry) + " was not edited and is not as before";
    ++whole;
  }
  for (const Edit& edit : change.edits) {
    const Entry& entry = change.before.entries()[static_cast<std::size_t>(edit.index)];
    const bool down = edit.direction == Direction::expand;
    const std::int64_t wide = down || entry.level == 0 ? width(entry, block) : block * block;
    const std::int64_t start = entry.start / wide * wide;
    const std::size_t parts = down && entry.level == 2 ? static_cast<std::size_t>(block) : 1;
    const std::vector<Entry> now = within(after, start, start + wide);
    const bool right =
        now.size() == parts && std::all_of(now.begin(), now.end(), [&](const Entry& part) {
          return part.level == entry.level + (down ? -1 : 1) && part.last_action == edit.direction;
        });
    if (!right) return "swap: " + entry_text(entry) + " was not replaced whole";
    whole += parts;
  }
  return whole == after.entries().size() ? "" : "swap: there are entries that no edit brought";
}

}  // namespace

std::string broken_invariant(const Tree& tree, const WorkingContext& context, Place place,
                             const std::optional<Change>& change) {
  std::string broken = broken_shape(context);
  if (broken.empty()) broken = broken_node(tree, context);
  if (broken.empty()) broken = broken_tail(context);
  if (broken.empty()) broken = broken_position(tree, context, place);
  if (broken.empty() && change) broken = broken_swap(context, *change);
  return broken;
}

}  // namespace gistmill::focus
