// The knapsack against every set of actions that a context accepts.
#include "plugins/allocator/oracle/knapsack.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "plugins/allocator/common/hysteresis.hpp"
#include "tests/plugins/focus/common/grown.hpp"

namespace gistmill::allocator {
namespace {

using focus::Direction;
using focus::Edit;
using focus::Swap;

std::vector<Valued> valued(const std::vector<Swap>& swaps, const std::vector<double>& utilities) {
  std::vector<Valued> all;
  for (std::size_t i = 0; i < swaps.size(); ++i) all.push_back({swaps[i], utilities[i]});
  return all;
}

double sum_of(const std::vector<Swap>& chosen, const std::vector<Valued>& all) {
  double sum = 0;
  for (const Swap& swap : chosen) {
    for (const Valued& one : all) sum += one.swap.edit == swap.edit ? one.utility : 0;
  }
  return sum;
}

bool is_accepted(focus::WorkingContext context, const std::vector<Edit>& edits) {
  try {
    context.apply(edits, 1000);
    return true;
  } catch (const focus::ContextError&) {
    return false;
  }
}

// The best sum over all subsets of at most max_actions that the context itself accepts.
double brute_force(const focus::WorkingContext& context, const std::vector<Valued>& all,
                   std::size_t max_actions) {
  double best = 0;
  for (std::uint32_t set = 0; set < (1u << all.size()); ++set) {
    std::vector<Edit> edits;
    double sum = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if ((set >> i & 1u) == 0) continue;
      edits.push_back(all[i].swap.edit);
      sum += all[i].utility;
    }
    if (edits.size() <= max_actions && sum > best && is_accepted(context, edits)) best = sum;
  }
  return best;
}

TEST(Oracle, EqualsBruteForceOnSmallTrees) {
  std::size_t gained = 0;
  std::size_t paid = 0;  // an action that loses was taken for one that gains
  std::size_t compared = 0;
  for (std::uint64_t key = 0; compared < 3000; ++key) {
    KeyedRandom random(key);
    const focus::ContextRules rules = focus::test::random_rules(random);
    const focus::test::Grown grown = focus::test::random_grown(random, rules, 2 + random.below(7));
    const focus::EntryArrays arrays = grown.context.arrays(grown.iteration);
    const std::vector<Swap> swaps = focus::legal_swaps(arrays.entries());
    if (swaps.empty() || swaps.size() > 9) continue;
    ++compared;
    std::vector<double> utilities;  // eighths: sums are exact in any order
    for (std::size_t i = 0; i < swaps.size(); ++i)
      utilities.push_back(static_cast<double>(static_cast<int>(random.below(65)) - 32) / 8);
    const std::vector<Valued> all = valued(swaps, utilities);
    const std::size_t max_actions = 1 + random.below(5);
    const std::vector<Swap> best =
        best_swaps(all, arrays.levels.size(), rules.block, rules.budget - grown.context.cost(), max_actions);
    ASSERT_LE(best.size(), max_actions) << "key " << key;
    ASSERT_TRUE(is_accepted(grown.context, edits_of(best))) << "key " << key;
    ASSERT_EQ(sum_of(best, all), brute_force(grown.context, all, max_actions)) << "key " << key;
    gained += best.empty() ? 0 : 1;
    paid += std::any_of(best.begin(), best.end(), [&](const Swap& swap) { return sum_of({swap}, all) < 0; });
  }
  EXPECT_GT(gained, 1500u);
  EXPECT_GT(paid, 30u) << "the budget should matter";
}

TEST(Oracle, OfEqualSumsTakesTheOneWithTheFewestActions) {
  focus::test::Grown grown(focus::ContextRules{2, 100, 0, focus::Overflow::collapse});
  for (std::uint64_t i = 0; i < 3; ++i) grown.append(i);
  const focus::EntryArrays arrays = grown.context.arrays(3);
  const std::vector<Valued> all = valued(focus::legal_swaps(arrays.entries()), {0, 2, 0});
  const std::vector<Swap> best = best_swaps(all, 3, 2, 94, 4);
  ASSERT_EQ(best.size(), 1u);
  EXPECT_EQ(best[0].edit, (Edit{1, Direction::collapse}));
}

TEST(Oracle, WithoutSwapsDoesNothing) { EXPECT_TRUE(best_swaps({}, 5, 32, 100, 4).empty()); }

TEST(Oracle, HoldsAContextOfThousandsOfEntries) {
  focus::test::Grown grown(focus::ContextRules{32, 8192, 128, focus::Overflow::collapse});
  for (std::uint64_t i = 0; i < 1200; ++i) grown.append(i);
  const focus::EntryArrays arrays = grown.context.arrays(grown.iteration);
  const std::vector<Swap> swaps = focus::legal_swaps(arrays.entries());
  std::vector<double> utilities;
  KeyedRandom random(5);
  for (std::size_t i = 0; i < swaps.size(); ++i) utilities.push_back(random.unit() - 0.5);
  const std::vector<Swap> best =
      best_swaps(valued(swaps, utilities), arrays.levels.size(), 32, 8192 - grown.context.cost(), 4);
  EXPECT_EQ(best.size(), 4u);
  EXPECT_TRUE(is_accepted(grown.context, edits_of(best)));
}

}  // namespace
}  // namespace gistmill::allocator
