// Both ways of merging against the definition: merge the best pair, leftmost first, until there is none.
#include "plugins/tokenizer/common/merges.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <utility>
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

TEST(MergeTable, FindsAllOfManyPairsAlsoWhereBucketsAreFull) {
  std::mt19937 random(3);
  std::map<std::pair<std::int32_t, std::int32_t>, Merge> pairs;
  while (pairs.size() < 20'000) {
    const auto rank = static_cast<std::uint32_t>(pairs.size());
    pairs.emplace(
        std::pair(static_cast<std::int32_t>(random() % 300), static_cast<std::int32_t>(random() % 300)),
        Merge{rank, static_cast<std::int32_t>(rank) + 300});
  }
  MergeTable table(pairs.size());
  for (const auto& [pair, merge] : pairs) ASSERT_TRUE(table.insert(pair.first, pair.second, merge));
  table.replace(pairs.begin()->first.first, pairs.begin()->first.second, pairs.begin()->second = {70'000, 7});
  EXPECT_EQ(table.last_rank(), 70'000u);
  for (std::int32_t left = 0; left < 300; ++left) {
    for (std::int32_t right = 0; right < 300; ++right) {
      const auto expected = pairs.find({left, right});
      const Merge merge = table.find(left, right);
      ASSERT_EQ(merge.rank, expected == pairs.end() ? Merge::kNone : expected->second.rank);
      ASSERT_EQ(merge.id, expected == pairs.end() ? -1 : expected->second.id);
    }
  }
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
// sides of the lengths where the way of merging changes; some ranks are equal, and some too large for short
// pieces.
TEST(Merger, GivesWhatTheDefinitionGives) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    MergeTable table(60);
    std::vector<std::uint32_t> ranks(60);
    for (std::uint32_t i = 0; i < 60; ++i) ranks[i] = round % 3 == 1 ? i / 2 : i;
    if (round % 3 == 2) ranks[0] = Merge::kNone - 1;
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

TEST(Merger, MergesABatchAsEachPieceAlone) {
  std::mt19937 random(5);
  MergeTable table(201);
  for (std::uint32_t rank = 0; rank < 200; ++rank) {
    table.insert(static_cast<std::int32_t>(random() % 20), static_cast<std::int32_t>(random() % 20),
                 {rank, static_cast<std::int32_t>(random() % 20)});
  }
  for (const std::size_t count : {0, 1, 7, 8, 9, 64, 200, 201}) {
    if (count == 201) table.insert(20, 20, {Merge::kNone - 1, 0});  // too large for short pieces
    std::vector<std::int32_t> ids(count * Merger::kMostOfBatch);
    for (auto& id : ids) id = static_cast<std::int32_t>(random() % 20);
    std::vector<ShortPiece> batch;
    std::vector<std::vector<std::int32_t>> expected;
    for (std::size_t i = 0; i < count; ++i) {
      batch.push_back({ids.data() + i * Merger::kMostOfBatch, 1 + random() % Merger::kMostOfBatch});
      expected.push_back(by_definition(table, {batch[i].ids, batch[i].ids + batch[i].count}));
    }
    Merger().merge_batch(table, batch.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(std::vector<std::int32_t>(batch[i].ids, batch[i].ids + batch[i].count), expected[i]);
    }
  }
}

}  // namespace
}  // namespace gistmill::tokenizer
