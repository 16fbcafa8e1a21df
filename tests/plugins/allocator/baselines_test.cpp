#include "plugins/allocator/baselines/baselines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/plugins/focus/common/grown.hpp"

namespace gistmill::allocator {
namespace {

using focus::Direction;
using focus::Edit;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Direction kExpand = Direction::expand;
constexpr Direction kCollapse = Direction::collapse;

// Six blocks of 4 tokens, the newest protected; those at `collapsed` are gists.
focus::EntryArrays context_of(const std::vector<Edit>& collapsed, std::int64_t budget) {
  focus::test::Grown grown(focus::ContextRules{4, budget, 4, focus::Overflow::collapse});
  for (std::uint64_t i = 0; i < 6; ++i) grown.append(i);
  grown.context.apply(collapsed, 6);
  return grown.context.arrays(20);
}

TEST(Recency, ExpandsTheNewestGistsFirst) {
  const focus::EntryArrays arrays = context_of({{0, kCollapse}, {2, kCollapse}, {4, kCollapse}}, 100);
  EXPECT_THAT(by_recency(arrays.entries(), {2, {}}), ElementsAre(Edit{4, kExpand}, Edit{2, kExpand}));
}

TEST(Recency, CollapsesTheOldestToMakeRoomForTheNewest) {
  const focus::EntryArrays arrays = context_of({{3, kCollapse}, {4, kCollapse}}, 24);
  focus::EntryArrays tight = arrays;
  tight.rules.budget = 18;
  EXPECT_THAT(by_recency(tight.entries(), {4, {}}),
              ElementsAre(Edit{0, kCollapse}, Edit{4, kExpand}, Edit{1, kCollapse}, Edit{3, kExpand}));
  EXPECT_THAT(by_recency(tight.entries(), {1, {}}), IsEmpty()) << "a collapse alone makes nothing newer";
}

TEST(Recency, CollapsesNothingThatIsNewerThanWhatItWouldExpand) {
  focus::EntryArrays arrays = context_of({{0, kCollapse}, {1, kCollapse}}, 24);
  arrays.rules.budget = 18;
  EXPECT_THAT(by_recency(arrays.entries(), {4, {}}), IsEmpty());
}

TEST(Random, DrawsTheSameByTheSameKeyAndAllThatIsLegalByMany) {
  const focus::EntryArrays arrays = context_of({{0, kCollapse}, {2, kCollapse}}, 100);
  const BaselineRules rules{3, {}};
  std::set<std::size_t> counts;
  std::set<std::int64_t> expanded, collapsed;
  for (std::uint64_t key = 0; key < 300; ++key) {
    const std::vector<Edit> edits = by_chance(arrays.entries(), rules, key);
    EXPECT_EQ(edits, by_chance(arrays.entries(), rules, key));
    counts.insert(edits.size());
    for (const Edit& edit : edits) (edit.direction == kExpand ? expanded : collapsed).insert(edit.index);
  }
  EXPECT_THAT(counts, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(expanded, ElementsAre(0, 2));
  EXPECT_THAT(collapsed, ElementsAre(1, 3, 4));
}

}  // namespace
}  // namespace gistmill::allocator
