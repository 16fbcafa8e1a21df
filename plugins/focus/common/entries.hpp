// A working context as arrays, one element an entry, oldest first: what crosses between the plugins of the
// focus loop, and what the rules of an edit are about. Owns nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugins/focus/common/tree.hpp"

namespace gistmill::focus {

// The values of actions i32[A, 2] and last_action i32[N].
enum class Direction : std::int32_t { collapse = -1, none = 0, expand = 1 };

// An entry is replaced by its children, or with its siblings by their parent. Of the siblings of a collapse,
// any may be named; the room itself names the first.
struct Edit {
  std::int64_t index = 0;
  Direction direction = Direction::none;

  bool operator==(const Edit&) const = default;
};

// N entries. `residency`: iterations since an entry came to stand as it does; 0 within the iteration that
// brought it. `last_action`: what brought it; none where it was appended.
struct Entries {
  std::int64_t block = 32;          // K
  std::int64_t begin = 0;           // first token that is covered; above 0 where the oldest were dropped
  std::int64_t cursor = 0;          // behind the last token
  std::int64_t budget = 8192;       // W_max, rows
  std::int64_t protected_tail = 0;  // newest tokens, whose entries no edit touches
  const std::int32_t* levels = nullptr;
  const std::int32_t* starts = nullptr;
  const std::int32_t* residency = nullptr;
  const std::int32_t* last_action = nullptr;
  std::size_t count = 0;

  std::int64_t end(std::size_t i) const { return starts[i] + width_of(levels[i], block); }
  std::int64_t cost() const;
  bool is_protected(std::size_t i) const { return end(i) > cursor - protected_tail; }
};

// An edit with the entries that it takes away, [first, first + count), and what it adds to the cost.
struct Swap {
  Edit edit;
  std::size_t first = 0;
  std::size_t count = 0;
  std::int64_t cost = 0;  // rows; below 0 where it frees some

  bool overlaps(const Swap& other) const {
    return first < other.first + other.count && other.first < first + count;
  }
};

// Tokens [start, end).
struct Span {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

// What a swap takes away.
inline Span span_of(const Entries& entries, const Swap& swap) {
  return {entries.starts[swap.first], entries.end(swap.first + swap.count - 1)};
}

// Empty where the arrays say one thing: entries that tile [begin, cursor), aligned, of known levels. Else
// what is wrong, as `levels[3] is 7 when levels are 0 to 2`.
std::string what_is_wrong(const Entries& entries);

// The swap that an edit means. Nothing where it is not legal, with the reason in `why`: an expansion of
// tokens, a collapse whose siblings do not all stand at its level, an L2 gist's collapse, the protected tail.
std::optional<Swap> swap_of(const Entries& entries, const Edit& edit, std::string* why = nullptr);

// All legal swaps, budget aside, by first entry; of one entry the expansion first.
std::vector<Swap> legal_swaps(const Entries& entries);

}  // namespace gistmill::focus
