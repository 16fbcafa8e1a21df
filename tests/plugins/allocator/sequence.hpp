// A sequence of appends and actions that is played against the invariants, and shrunk to the shortest one
// that still breaks one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/plugins/focus/common/grown.hpp"

namespace gistmill::allocator::test {

// wild: edits that know no rule; the context must refuse them whole or carry them out.
enum class Act { append, greedy, no_cooldown, recency, random, oracle, wild };
constexpr std::uint64_t kActs = 7;

struct Step {
  Act act = Act::append;
  std::uint64_t key = 0;  // of all that is random in it
};

struct Sequence {
  focus::ContextRules rules;
  std::vector<Step> steps;
};

Sequence random_sequence(std::uint64_t key);

// What an allocator's edits are turned into before they are applied: a fault to be found; null: none.
using Fault = std::function<std::vector<focus::Edit>(std::vector<focus::Edit>)>;

// What was counted over all plays, so that a test knows that it tests something.
struct Played {
  std::uint64_t steps = 0;
  std::uint64_t edits = 0;     // of allocators
  std::uint64_t refused = 0;   // wild ones
  std::uint64_t accepted = 0;  // wild ones
};

// The first violation, as "step 4 (greedy): tail: ..."; empty where there is none.
std::string violation(const Sequence& sequence, Played& played, const Fault& fault = nullptr);

// Steps left out, as long as the rest still breaks an invariant.
Sequence shrunk(Sequence sequence, const Fault& fault = nullptr);

// Rules and steps, each with the context behind it.
std::string text(const Sequence& sequence, const Fault& fault = nullptr);

}  // namespace gistmill::allocator::test
