// What the model sees of a history: a contiguous, aligned mix of blocks of tokens and gists that covers it up
// to the cursor, never above its budget. A value: copies are independent, == compares all of it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugins/focus/common/entries.hpp"

namespace gistmill::focus {

// What was asked for does not fit the context; it is as it was. The message says which edit, and why.
struct ContextError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Where a new block does not fit the budget. collapse: the oldest legal collapse, until it does, of what was
// not expanded lately, if there is such; drop: the oldest entries are left out (a truncated context); fail:
// ContextError (a full context).
enum class Overflow { collapse, drop, fail };

struct ContextRules {
  std::int64_t block = 32;            // K, 2 to 1024
  std::int64_t budget = 8192;         // W_max, rows
  std::int64_t protected_tail = 128;  // newest tokens that no edit touches; whole blocks
  Overflow overflow = Overflow::collapse;
  // Iterations for which what an action expanded is the last to make room. Else a full context would undo an
  // expansion of something old with the next block.
  std::int64_t hold = 3;

  bool operator==(const ContextRules&) const = default;
};

struct Entry {
  std::int32_t level = 0;
  std::int32_t start = 0;                   // token
  std::int32_t since = 0;                   // iteration in which it came to stand as it does
  Direction last_action = Direction::none;  // what brought it

  bool operator==(const Entry&) const = default;
};

// Owns what Entries shows.
struct EntryArrays {
  Entries entries() const;

  ContextRules rules;
  std::int64_t begin = 0;
  std::int64_t cursor = 0;
  std::vector<std::int32_t> levels, starts, residency, last_action;
};

// What an append had to do to make room, in this order.
struct Room {
  std::vector<Edit> collapsed;  // one after the other: each index is that of the context before it
  std::vector<Span> spans;      // of each, what it took away
  std::int64_t dropped = 0;     // oldest entries
};

class WorkingContext {
 public:
  // Throws ContextError: a block out of range, a tail that is no multiple of it, a budget smaller than the
  // tail or a block, a negative hold.
  explicit WorkingContext(const ContextRules& rules);

  // The next K tokens, as an entry of level 0; older entries make room by the rule of `overflow`. An
  // allocator's cooldown and residency hold no collapse for room back: the budget is an invariant, they are a
  // policy. Throws ContextError where there is no room to be made.
  Room append_block(std::int32_t iteration);

  // All edits, or none. Indices are those of the context as it is; edits are carried out from the highest
  // index down, so that none moves another. Throws ContextError: an edit that is not legal, two that overlap,
  // a cost above the budget. The cost counts when all are done, so a collapse pays for an expansion.
  void apply(const std::vector<Edit>& edits, std::int32_t iteration);

  const ContextRules& rules() const { return rules_; }
  const std::vector<Entry>& entries() const { return entries_; }
  std::int64_t begin() const { return begin_; }    // first token that is covered
  std::int64_t cursor() const { return cursor_; }  // behind the last
  std::int64_t cost() const { return cost_; }      // rows, at most rules().budget
  EntryArrays arrays(std::int32_t iteration) const;

  // "64: 2x1 1x3 0x8": the first token, then runs of levels with their lengths, oldest first. Says levels and
  // starts whole.
  std::string text() const;
  // Of all of it, `since` and `last_action` too: 16 hexadecimal digits.
  std::string digest() const;

  bool operator==(const WorkingContext&) const = default;

 private:
  void replace(const Swap& swap, std::int32_t iteration);
  void make_room(Room& room, std::int32_t iteration);
  void drop_oldest(Room& room);
  [[noreturn]] void fail_to_make_room() const;

  ContextRules rules_;
  std::vector<Entry> entries_;
  std::int64_t begin_ = 0;
  std::int64_t cursor_ = 0;
  std::int64_t cost_ = 0;
};

}  // namespace gistmill::focus
