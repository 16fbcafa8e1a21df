// Both ways of merging against the definition: merge the best pair, leftmost first, until there is none.
#include "plugins/tokenizer/common/merges.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <gmock/gmock.h>

namespace gistmill::tokenizer {
namespace {

using testing::ElementsAre;

std::vector<std::int32_t> by_definition(const MergeTable& table, std::vector<std::int32_t> ids) {
  for (;;) {
    Merge best;
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      const Merge merge = table.find(ids[i], ids[i + 1]);
      if (merge.rank < best.rank) {
        best = merge;
        at = i;
      }
    }
    if (best.id < 0) return ids;
    ids[at] = best.id;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

TEST(MergeTable, FindsWhatWasInsertedAndNothingElse) {
  MergeTable table(2);
  EXPECT_TRUE(table.insert(1, 2, {0, 10}));
  EXPECT_TRUE(table.insert(2, 1, {1, 11}));
  EXPECT_FALSE(table.insert(1, 2, {2, 12}));
  EXPECT_EQ(table.find(1, 2).id, 10);
  EXPECT_EQ(table.find(2, 1).id, 11);
  EXPECT_EQ(table.find(1, 1).rank, Merge::kNone);
}

TEST(Merger, MergesTheLowestRankFirstAndTheLeftmostOfEquals) {
  MergeTable table(2);
  table.insert(1, 1, {1, 2});
  table.insert(1, 3, {0, 4});
  std::vector<std::int32_t> ids{1, 1, 1, 1, 3};
  Merger().merge(table, ids);
  EXPECT_THAT(ids, ElementsAre(2, 1, 4));
}

// Tables whose ranks do not grow with their results, as no training would make them, and pieces on both
// sides of the length where the way of merging changes.
TEST(Merger, GivesWhatTheDefinitionGives) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    MergeTable table(60);
    std::vector<std::uint32_t> ranks(60);
    for (std::uint32_t i = 0; i < 60; ++i) ranks[i] = i;
    std::shuffle(ranks.begin(), ranks.end(), random);
    for (const std::uint32_t rank : ranks) {
      table.insert(static_cast<std::int32_t>(random() % 12), static_cast<std::int32_t>(random() % 12),
                   {rank, static_cast<std::int32_t>(random() % 12)});
    }
    std::vector<std::int32_t> ids(random() % 150);
    for (auto& id : ids) id = static_cast<std::int32_t>(random() % 12);
    const auto expected = by_definition(table, ids);
    Merger().merge(table, ids);
    ASSERT_EQ(ids, expected) << "round " << round;
  }
}

}  // namespace
}  // namespace gistmill::tokenizer
