#include "plugins/focus/common/tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace gistmill::focus {
namespace {

Tree tree_of(std::int64_t block, std::int64_t blocks, std::int32_t first = 0) {
  Tree tree(block);
  std::vector<std::int32_t> tokens(static_cast<std::size_t>(block));
  for (std::int64_t i = 0; i < blocks; ++i) {
    std::iota(tokens.begin(), tokens.end(), first + static_cast<std::int32_t>(i * block));
    tree.append(tokens.data(), static_cast<std::uint64_t>(100 + i), 7);
  }
  return tree;
}

TEST(Tree, EachBlockGivesANodeOfTokensAndItsGistAndEachKthAGistOfGists) {
  const Tree tree = tree_of(4, 9);
  EXPECT_EQ(tree.tokens(), 36);
  EXPECT_EQ(tree.count(0), 9);
  EXPECT_EQ(tree.count(1), 9);
  EXPECT_EQ(tree.count(2), 2);
  EXPECT_EQ(tree.count(3), 0);
}

TEST(Tree, ANodeKnowsItsSpanParentChildrenAndPlaceInItsFile) {
  const Tree tree = tree_of(4, 9);
  const Node gist = tree.node(1, 20);
  EXPECT_EQ(gist.start, 20);
  EXPECT_EQ(gist.end, 24);
  EXPECT_EQ(gist.data_offset, 5);
  EXPECT_EQ(gist.parent, tree.node(2, 16).span_id);
  EXPECT_EQ(gist.children, std::vector<std::int64_t>{tree.node(0, 20).span_id});
  EXPECT_EQ(gist.timestamp, 105u);
  EXPECT_EQ(gist.gist_version, 7);
  const Node tokens = tree.node(0, 20);
  EXPECT_EQ(tokens.data_offset, 20);
  EXPECT_EQ(tokens.parent, gist.span_id);
  EXPECT_TRUE(tokens.children.empty());
  EXPECT_EQ(tokens.gist_version, 0);
  const Node top = tree.node(2, 16);
  EXPECT_EQ(top.end, 32);
  EXPECT_EQ(top.data_offset, 1);
  EXPECT_EQ(top.parent, -1);
  ASSERT_EQ(top.children.size(), 4u);
  EXPECT_EQ(top.children[1], gist.span_id);
  EXPECT_EQ(top.timestamp, 107u) << "when its last block came";
}

TEST(Tree, AGistHasNoParentUntilItsSiblingsAreThere) {
  EXPECT_EQ(tree_of(4, 3).node(1, 0).parent, -1);
  EXPECT_NE(tree_of(4, 4).node(1, 0).parent, -1);
}

TEST(Tree, SpanIdsStayAsTheHistoryGrowsAndAreEachNodesOwn) {
  const Tree before = tree_of(2, 4);
  const Tree after = tree_of(2, 9);
  std::vector<std::int64_t> ids;
  for (std::int32_t level = 0; level < kLevels; ++level) {
    for (std::int64_t i = 0; i < after.count(level); ++i) {
      const std::int64_t start = i * width_of(level, 2);
      ids.push_back(after.node(level, start).span_id);
      if (before.has(level, start)) {
        EXPECT_EQ(before.node(level, start).span_id, ids.back());
      }
    }
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

TEST(Tree, CountsHowOftenANodeWasOpenedAndKnowsWhichCheckpointMadeItsGist) {
  Tree tree = tree_of(2, 4);
  tree.touch(1, 2);
  tree.touch(1, 2);
  tree.renew(1, 2, 9);
  EXPECT_EQ(tree.node(1, 2).access_count, 2u);
  EXPECT_EQ(tree.node(1, 2).gist_version, 9);
  EXPECT_EQ(tree.node(1, 4).access_count, 0u);
  EXPECT_EQ(tree.node(1, 4).gist_version, 7);
}

TEST(Tree, ItsDigestIsThatOfTheTokensAndTheirOrder) {
  EXPECT_EQ(tree_of(2, 4).digest(), tree_of(2, 4).digest());
  EXPECT_NE(tree_of(2, 4).digest(), tree_of(2, 3).digest());
  EXPECT_NE(tree_of(2, 4).digest(), tree_of(2, 4, 1).digest());
}

TEST(Tree, RefusesNodesThatAreNotThere) {
  Tree tree = tree_of(4, 5);
  EXPECT_FALSE(tree.has(1, 2)) << "in the middle of a block";
  EXPECT_FALSE(tree.has(2, 16)) << "not complete";
  EXPECT_FALSE(tree.has(1, -4));
  EXPECT_FALSE(tree.has(3, 0));
  EXPECT_FALSE(tree.has(-1, 0));
  EXPECT_THROW(tree.node(2, 16), std::out_of_range);
  EXPECT_THROW(tree.touch(1, 20), std::out_of_range);
  EXPECT_THROW(tree.renew(0, 0, 1), std::invalid_argument);
  EXPECT_THROW(Tree(1), std::invalid_argument);
}

}  // namespace
}  // namespace gistmill::focus
