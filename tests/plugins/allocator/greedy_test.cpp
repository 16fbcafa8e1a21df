// Greedy against a slow definition, written from the words of MegaContext's pages: "candidates u >
// tau_expand, u < -tau_collapse; expand queue descending, collapse ascending, tie-break recency/cursor;
// alternate while actions < N_diff and the budget allows; a cooldown of 2 iterations blocks the opposite
// action; a collapse swaps all 32 siblings, contiguous, same level; a recent tail is protected; overlaps are
// rejected".
#include "plugins/allocator/greedy/greedy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "tests/plugins/focus/common/grown.hpp"

namespace gistmill::allocator {
namespace {

using focus::Direction;
using focus::Edit;
using focus::Entries;
using focus::EntryArrays;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Direction kExpand = Direction::expand;
constexpr Direction kCollapse = Direction::collapse;

struct Choice {
  Edit edit;
  std::set<std::size_t> entries;
  double score = 0;
  std::int32_t start = 0;
};

// The entries that an action on entry i takes; none where it is not allowed.
std::set<std::size_t> taken_by(const Entries& entries, std::size_t i, Direction direction,
                               const Hysteresis& hysteresis) {
  const std::int64_t block = entries.block;
  std::set<std::size_t> taken = {i};
  if (direction == kExpand && entries.levels[i] == 0) return {};
  if (direction == kCollapse && entries.levels[i] == 2) return {};
  if (direction == kCollapse && entries.levels[i] == 1) {
    taken.clear();
    for (std::size_t j = 0; j < entries.count; ++j) {
      const bool sibling = entries.starts[j] / (block * block) == entries.starts[i] / (block * block);
      if (sibling && entries.levels[j] != 1) return {};
      if (sibling) taken.insert(j);
    }
    if (taken.size() != static_cast<std::size_t>(block)) return {};  // the parent is not complete
  }
  for (const std::size_t j : taken) {
    const std::int64_t width = entries.levels[j] == 2 ? block * block : block;
    if (entries.starts[j] + width > entries.cursor - entries.protected_tail) return {};
    if (entries.residency[j] < hysteresis.residency) return {};
    const bool opposite = entries.last_action[j] == -static_cast<std::int32_t>(direction);
    if (opposite && hysteresis.cooldown > 0 && entries.residency[j] <= hysteresis.cooldown) return {};
  }
  return taken;
}

double score_of(const std::set<std::size_t>& taken, const float* scores, SiblingScore rule) {
  if (rule == SiblingScore::first) return scores[*taken.begin()];
  double sum = 0;
  double highest = -std::numeric_limits<double>::infinity();
  for (const std::size_t i : taken) {
    if (std::isnan(scores[i])) return scores[i];
    sum += static_cast<double>(scores[i]);
    highest = std::max(highest, static_cast<double>(scores[i]));
  }
  return rule == SiblingScore::mean ? sum / static_cast<double>(taken.size()) : highest;
}

// The most extreme candidate of one side that takes nothing of `used`.
std::optional<Choice> best(const Entries& entries, const float* scores, const GreedyRules& rules,
                           Direction direction, const std::set<std::size_t>& used) {
  std::optional<Choice> found;
  for (std::size_t i = 0; i < entries.count; ++i) {
    const std::set<std::size_t> taken = taken_by(entries, i, direction, rules.hysteresis);
    if (taken.empty() || *taken.begin() != i) continue;
    bool overlaps = false;
    for (const std::size_t j : taken) overlaps = overlaps || used.count(j) > 0;
    const double u = score_of(taken, scores, rules.siblings);
    const bool candidate = direction == kExpand ? u > rules.expand_threshold : u < -rules.collapse_threshold;
    if (overlaps || !candidate) continue;
    const bool better = !found || (direction == kExpand ? u > found->score : u < found->score);
    const bool newer_of_equals = found && u == found->score && direction == kExpand;
    if (better || newer_of_equals)
      found = Choice{{static_cast<std::int64_t>(i), direction}, taken, u, entries.starts[i]};
  }
  return found;
}

std::vector<Edit> slow_greedy(const Entries& entries, const float* scores, const GreedyRules& rules) {
  std::vector<Edit> edits;
  std::set<std::size_t> used;
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < entries.count; ++i) rows += entries.levels[i] == 0 ? entries.block : 1;
  Direction turn = kExpand;
  while (edits.size() < rules.max_actions) {
    std::optional<Choice> expand = best(entries, scores, rules, kExpand, used);
    const std::optional<Choice> collapse = best(entries, scores, rules, kCollapse, used);
    if (expand && rows + entries.block - 1 > entries.budget) expand.reset();
    const std::optional<Choice> choice =
        turn == kExpand ? (expand ? expand : collapse) : (collapse ? collapse : expand);
    if (!choice) break;
    edits.push_back(choice->edit);
    used.insert(choice->entries.begin(), choice->entries.end());
    rows += choice->edit.direction == kExpand ? entries.block - 1 : 1 - entries.block;
    turn = choice->edit.direction == kExpand ? kCollapse : kExpand;
  }
  return edits;
}

// Four blocks of gists behind which six blocks of tokens stand: 1 1 1 1 0 0 0 0 0 0, of 2 tokens each, the
// newest protected; 4 + 12 rows.
focus::WorkingContext example() {
  focus::test::Grown grown(focus::ContextRules{2, 100, 2, focus::Overflow::collapse});
  for (std::uint64_t i = 0; i < 10; ++i) grown.append(i);
  grown.context.apply({{0, kCollapse}, {1, kCollapse}, {2, kCollapse}, {3, kCollapse}}, 10);
  return grown.context;
}

std::vector<Edit> chosen(const std::vector<float>& scores, const GreedyRules& rules = {},
                         std::int64_t budget = 100, std::int32_t iteration = 20) {
  EntryArrays arrays = example().arrays(iteration);
  arrays.rules.budget = budget;
  EXPECT_EQ(arrays.levels.size(), scores.size());
  std::vector<Edit> edits = greedy(arrays.entries(), scores.data(), rules);
  EXPECT_EQ(slow_greedy(arrays.entries(), scores.data(), rules), edits);
  return edits;
}

TEST(Greedy, ExpandsAboveItsThresholdAndCollapsesBelowTheOther) {
  EXPECT_THAT(chosen({0.9f, 0.2f, 0, 0, -0.9f, -0.2f, 0, 0, 0, 0}),
              ElementsAre(Edit{0, kExpand}, Edit{4, kCollapse}))
      << "a score at its threshold is no candidate";
}

TEST(Greedy, TakesTheMostExtremeFirstAndTheTwoSidesInTurn) {
  EXPECT_THAT(chosen({0.5f, 0.9f, 0, 0.7f, -0.3f, -0.8f, 0, 0, 0, 0}),
              ElementsAre(Edit{1, kExpand}, Edit{5, kCollapse}, Edit{3, kExpand}, Edit{4, kCollapse}));
}

TEST(Greedy, OfEqualScoresTheNewestIsExpandedAndTheOldestCollapsed) {
  GreedyRules rules;
  rules.max_actions = 2;
  EXPECT_THAT(chosen({0.5f, 0.5f, 0.5f, 0.5f, -0.5f, -0.5f, -0.5f, 0, 0, 0}, rules),
              ElementsAre(Edit{3, kExpand}, Edit{4, kCollapse}));
}

TEST(Greedy, StopsAtNDiff) {
  GreedyRules rules;
  rules.max_actions = 3;
  EXPECT_EQ(chosen({1, 1, 1, 1, -1, -1, -1, -1, -1, -1}, rules).size(), 3u);
}

TEST(Greedy, AnExpansionThatDoesNotFitWaitsForACollapse) {
  EXPECT_THAT(chosen({0.9f, 0, 0, 0, -0.9f, 0, 0, 0, 0, 0}, {}, 16),
              ElementsAre(Edit{4, kCollapse}, Edit{0, kExpand}));
  EXPECT_THAT(chosen({0.9f, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {}, 16), IsEmpty());
}

TEST(Greedy, ASideThatHasNothingLeftPasses) {
  EXPECT_THAT(chosen({0, 0, 0, 0, -0.3f, -0.4f, -0.5f, 0, 0, 0}),
              ElementsAre(Edit{6, kCollapse}, Edit{5, kCollapse}, Edit{4, kCollapse}));
}

TEST(Greedy, ACollapseOfGistsIsScoredByItsSiblings) {
  const std::vector<float> scores = {-0.1f, -0.9f, 0, 0, 0, 0, 0, 0, 0, 0};
  GreedyRules rules;
  EXPECT_THAT(chosen(scores, rules), ElementsAre(Edit{0, kCollapse})) << "their mean is -0.5";
  rules.siblings = SiblingScore::first;
  EXPECT_THAT(chosen(scores, rules), IsEmpty());
  rules.siblings = SiblingScore::highest;
  EXPECT_THAT(chosen(scores, rules), IsEmpty());
}

TEST(Greedy, AnEntryIsTakenOnce) {
  EXPECT_THAT(chosen({0.9f, -1, 0, 0, 0, 0, 0, 0, 0, 0}), ElementsAre(Edit{0, kExpand}));
  GreedyRules rules;
  rules.siblings = SiblingScore::first;
  rules.expand_threshold = 0.5;
  EXPECT_THAT(chosen({-0.9f, 0.9f, 0, 0, 0, 0, 0, 0, 0, 0}, rules), ElementsAre(Edit{1, kExpand}))
      << "the expansion came first, and the collapse would take its entry";
}

TEST(Greedy, LeavesTheProtectedTailAlone) { EXPECT_THAT(chosen({0, 0, 0, 0, 0, 0, 0, 0, 0, -1}), IsEmpty()); }

TEST(Greedy, TheOppositeOfAnActionWaitsTwoIterations) {
  const std::vector<float> scores = {0.9f, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  for (const std::int32_t iteration : {10, 11, 12})
    EXPECT_THAT(chosen(scores, {}, 100, iteration), IsEmpty()) << iteration;
  EXPECT_THAT(chosen(scores, {}, 100, 13), ElementsAre(Edit{0, kExpand}));
  GreedyRules rules;
  rules.hysteresis.cooldown = 0;
  EXPECT_THAT(chosen(scores, rules, 100, 11), ElementsAre(Edit{0, kExpand}));
}

TEST(Greedy, TheSameActionDoesNotWait) {
  EXPECT_THAT(chosen({-0.9f, -0.9f, 0, 0, 0, 0, 0, 0, 0, 0}, {}, 100, 11), ElementsAre(Edit{0, kCollapse}));
}

TEST(Greedy, ResidencyHoldsEveryActionBack) {
  const std::vector<float> scores = {-0.9f, -0.9f, 0, 0, 0, 0, 0, 0, 0, 0};
  GreedyRules rules;
  rules.hysteresis.residency = 3;
  EXPECT_THAT(chosen(scores, rules, 100, 12), IsEmpty());
  EXPECT_THAT(chosen(scores, rules, 100, 13), ElementsAre(Edit{0, kCollapse}));
}

TEST(Greedy, AScoreThatIsNoNumberIsNoCandidate) {
  const float none = std::numeric_limits<float>::quiet_NaN();
  for (const SiblingScore siblings : {SiblingScore::mean, SiblingScore::first, SiblingScore::highest}) {
    GreedyRules rules;
    rules.siblings = siblings;
    EXPECT_THAT(chosen({none, -1, none, none, none, 0, 0, 0, 0, 0}, rules), IsEmpty());
  }
}

// Small steps make equal scores, and scores at a threshold, common.
float random_score(KeyedRandom& random) {
  if (random.below(50) == 0) return std::numeric_limits<float>::quiet_NaN();
  return static_cast<float>(static_cast<int>(random.below(21)) - 10) / 10.0f;
}

GreedyRules random_greedy(KeyedRandom& random) {
  GreedyRules rules;
  rules.expand_threshold = static_cast<float>(random.below(5)) / 10.0f;
  rules.collapse_threshold = static_cast<float>(random.below(5)) / 10.0f;
  rules.max_actions = 1 + random.below(6);
  rules.siblings = static_cast<SiblingScore>(random.below(3));
  rules.hysteresis = {static_cast<std::int64_t>(random.below(4)), static_cast<std::int64_t>(random.below(3))};
  return rules;
}

TEST(Greedy, EqualsTheSlowDefinitionOnAHundredThousandScoreVectors) {
  std::size_t acted = 0;
  for (std::uint64_t key = 0; key < 100000; ++key) {
    KeyedRandom random(key);
    const focus::ContextRules context = focus::test::random_rules(random);
    const focus::test::Grown grown = focus::test::random_grown(random, context, 1 + random.below(12));
    EntryArrays arrays = grown.context.arrays(grown.iteration);
    std::vector<float> scores;
    for (std::size_t i = 0; i < arrays.levels.size(); ++i) {
      arrays.residency[i] = static_cast<std::int32_t>(random.below(5));
      arrays.last_action[i] = static_cast<std::int32_t>(random.below(3)) - 1;
      scores.push_back(random_score(random));
    }
    const GreedyRules rules = random_greedy(random);
    const std::vector<Edit> edits = greedy(arrays.entries(), scores.data(), rules);
    ASSERT_EQ(edits, slow_greedy(arrays.entries(), scores.data(), rules)) << "key " << key;
    acted += edits.empty() ? 0 : 1;
  }
  EXPECT_GT(acted, 30000u) << "vectors on which nothing happens test little";
}

}  // namespace
}  // namespace gistmill::allocator
