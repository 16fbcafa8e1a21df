// Working contexts for tests: a tree and a context that grow together, by random tokens and random edits.
#pragma once

#include <cstdint>
#include <vector>

#include <gistmill/random.hpp>

#include "plugins/focus/common/invariants.hpp"

namespace gistmill::focus::test {

struct Grown {
  explicit Grown(const ContextRules& rules) : tree(rules.block), context(rules) {}

  Room append(std::uint64_t key) {
    std::vector<std::int32_t> tokens;
    KeyedRandom random(key);
    for (std::int64_t i = 0; i < tree.block(); ++i)
      tokens.push_back(static_cast<std::int32_t>(random.below(1000)));
    ++iteration;
    Room room = context.append_block(iteration);
    tree.append(tokens.data(), static_cast<std::uint64_t>(iteration));
    return room;
  }

  std::string broken(const std::optional<Change>& change = std::nullopt) const {
    return broken_invariant(tree, context, Place::center, change);
  }

  Tree tree;
  WorkingContext context;
  std::int32_t iteration = 0;
};

// Rules of a size at which edits meet at every turn.
inline ContextRules random_rules(KeyedRandom& random) {
  ContextRules rules;
  rules.block = 2 + static_cast<std::int64_t>(random.below(3));
  rules.protected_tail = rules.block * static_cast<std::int64_t>(random.below(3));
  rules.budget = std::max(rules.protected_tail, rules.block) + static_cast<std::int64_t>(random.below(30));
  rules.hold = static_cast<std::int64_t>(random.below(4));
  rules.overflow = random.below(4) == 0 ? Overflow::drop : Overflow::collapse;
  return rules;
}

// A mix of levels: blocks appended, and between them legal edits that fit.
inline Grown random_grown(KeyedRandom& random, const ContextRules& rules, std::uint64_t blocks) {
  Grown grown(rules);
  for (std::uint64_t i = 0; i < blocks; ++i) {
    try {
      grown.append(random.next());
    } catch (const ContextError&) {
      break;  // no room to be made
    }
    const EntryArrays arrays = grown.context.arrays(grown.iteration);
    for (const Swap& swap : legal_swaps(arrays.entries())) {
      if (random.below(3) != 0) continue;
      if (grown.context.cost() + swap.cost > rules.budget) continue;
      grown.context.apply({swap.edit}, grown.iteration);
      break;  // indices have moved
    }
  }
  return grown;
}

}  // namespace gistmill::focus::test
