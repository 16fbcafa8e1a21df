#include "plugins/focus/common/working_context.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/focus/common/grown.hpp"
#include "tests/support/message_of.hpp"

namespace gistmill::focus {
namespace {

using test::Grown;
using ::testing::HasSubstr;

constexpr Direction kExpand = Direction::expand;
constexpr Direction kCollapse = Direction::collapse;

Grown grown_of(std::int64_t blocks, ContextRules rules = {4, 1000, 4, Overflow::collapse}) {
  Grown grown(rules);
  for (std::int64_t i = 0; i < blocks; ++i) grown.append(static_cast<std::uint64_t>(i));
  return grown;
}

// What apply throws, with the context held to what it was.
std::string refusal(Grown& grown, const std::vector<Edit>& edits) {
  const WorkingContext before = grown.context;
  try {
    grown.context.apply(edits, grown.iteration);
  } catch (const ContextError& error) {
    EXPECT_EQ(grown.context, before) << "edits are all or none";
    return error.what();
  }
  return "";
}

std::string refused_rules(const ContextRules& rules) {
  return gistmill::test::message_of<ContextError>([&] { const WorkingContext context(rules); });
}

TEST(WorkingContext, CoversTheHistoryAsTokensUntilSomethingIsCollapsed) {
  const Grown grown = grown_of(3);
  EXPECT_EQ(grown.context.text(), "0: 0x3");
  EXPECT_EQ(grown.context.cost(), 12);
  EXPECT_EQ(grown.context.cursor(), 12);
  EXPECT_EQ(grown.broken(), "");
}

TEST(WorkingContext, ACollapseOfTokensLeavesTheirGistAndAnExpansionBringsThemBack) {
  Grown grown = grown_of(3);
  grown.context.apply({{1, kCollapse}}, 3);
  EXPECT_EQ(grown.context.text(), "0: 0x1 1x1 0x1");
  EXPECT_EQ(grown.context.cost(), 9);
  EXPECT_EQ(grown.context.entries()[1], (Entry{1, 4, 3, kCollapse}));
  grown.context.apply({{1, kExpand}}, 5);
  EXPECT_EQ(grown.context.text(), "0: 0x3");
  EXPECT_EQ(grown.context.entries()[1], (Entry{0, 4, 5, kExpand}));
}

TEST(WorkingContext, ACollapseOfAGistTakesAllItsSiblingsWhicheverIsNamed) {
  for (std::int64_t named = 0; named < 4; ++named) {
    Grown grown = grown_of(6);
    grown.context.apply({{0, kCollapse}, {1, kCollapse}, {2, kCollapse}, {3, kCollapse}}, 6);
    grown.context.apply({{named, kCollapse}}, 6);
    EXPECT_EQ(grown.context.text(), "0: 2x1 0x2");
    EXPECT_EQ(grown.context.cost(), 9);
    EXPECT_EQ(grown.broken(), "");
    grown.context.apply({{0, kExpand}}, 7);
    EXPECT_EQ(grown.context.text(), "0: 1x4 0x2");
  }
}

TEST(WorkingContext, EditsOfOneCallMeanTheEntriesAsTheyWere) {
  Grown grown = grown_of(6);
  grown.context.apply({{0, kCollapse}, {3, kCollapse}, {2, kCollapse}}, 6);
  EXPECT_EQ(grown.context.text(), "0: 1x1 0x1 1x2 0x2");
}

TEST(WorkingContext, ACollapsePaysForAnExpansionOfTheSameCall) {
  Grown grown(ContextRules{4, 13, 4, Overflow::collapse});
  for (std::uint64_t i = 0; i < 4; ++i) grown.append(i);
  ASSERT_EQ(grown.context.text(), "0: 1x1 0x3");
  ASSERT_EQ(grown.context.cost(), 13);
  EXPECT_THAT(refusal(grown, {{0, kExpand}}), HasSubstr("16 rows when the budget is 13"));
  grown.context.apply({{0, kExpand}, {1, kCollapse}}, 4);
  EXPECT_EQ(grown.context.text(), "0: 0x1 1x1 0x2");
}

TEST(WorkingContext, RefusesEditsThatAreNotLegalAndSaysWhich) {
  Grown grown = grown_of(6);
  grown.context.apply({{0, kCollapse}}, 6);
  EXPECT_EQ(refusal(grown, {{1, kExpand}}),
            "expand of entry 1 is not legal: a block of tokens cannot be expanded");
  EXPECT_EQ(refusal(grown, {{2, kCollapse}, {0, kCollapse}}),
            "collapse of entry 0 is not legal: its siblings do not all stand at level 1");
  EXPECT_EQ(refusal(grown, {{5, kCollapse}}),
            "collapse of entry 5 is not legal: it is in the protected tail");
  EXPECT_THAT(refusal(grown, {{6, kCollapse}}), HasSubstr("there is no entry 6 among 6"));
  EXPECT_THAT(refusal(grown, {{-1, kCollapse}}), HasSubstr("there is no entry -1"));
  EXPECT_THAT(refusal(grown, {{0, Direction::none}}), HasSubstr("an action is 1 (expand) or -1 (collapse)"));
}

TEST(WorkingContext, RefusesAGistOfLevel2ThatShouldCollapse) {
  Grown grown = grown_of(6);
  grown.context.apply({{0, kCollapse}, {1, kCollapse}, {2, kCollapse}, {3, kCollapse}}, 6);
  grown.context.apply({{0, kCollapse}}, 6);
  EXPECT_THAT(refusal(grown, {{0, kCollapse}}), HasSubstr("a gist of level 2 cannot be collapsed"));
}

TEST(WorkingContext, RefusesEditsThatOverlap) {
  Grown grown = grown_of(6);
  grown.context.apply({{0, kCollapse}, {1, kCollapse}, {2, kCollapse}, {3, kCollapse}}, 6);
  EXPECT_EQ(refusal(grown, {{2, kExpand}, {1, kCollapse}}), "collapse of entry 0 overlaps expand of entry 2");
  EXPECT_THAT(refusal(grown, {{2, kExpand}, {2, kExpand}}), HasSubstr("overlaps"));
  EXPECT_THAT(refusal(grown, {{0, kCollapse}, {3, kCollapse}}), HasSubstr("overlaps"));
}

TEST(WorkingContext, ABlockThatDoesNotFitCollapsesTheOldestUntilItDoes) {
  Grown grown(ContextRules{4, 12, 4, Overflow::collapse});
  for (std::uint64_t i = 0; i < 3; ++i) EXPECT_TRUE(grown.append(i).collapsed.empty());
  const Room room = grown.append(3);
  EXPECT_EQ(room.collapsed, (std::vector<Edit>{{0, kCollapse}, {1, kCollapse}}));
  EXPECT_EQ(grown.context.text(), "0: 1x2 0x2");
  EXPECT_EQ(grown.context.cost(), 10);
  EXPECT_EQ(grown.broken(), "");
}

TEST(WorkingContext, TheOldestToCollapseMayBeGistsThatHaveTheirSiblings) {
  Grown grown(ContextRules{2, 8, 2, Overflow::collapse});
  for (std::uint64_t i = 0; i < 4; ++i) grown.append(i);
  ASSERT_EQ(grown.context.text(), "0: 0x4");
  grown.append(4);
  EXPECT_EQ(grown.context.text(), "0: 1x2 0x3");
  grown.append(5);
  EXPECT_EQ(grown.context.text(), "0: 2x1 1x1 0x3")
      << "the oldest legal collapse comes first, whatever its level";
  EXPECT_EQ(grown.broken(), "");
}

TEST(WorkingContext, WhatWasExpandedLatelyIsTheLastToMakeRoom) {
  for (const std::int64_t hold : {0, 2}) {
    Grown grown(ContextRules{4, 16, 4, Overflow::collapse, hold});
    for (std::uint64_t i = 0; i < 4; ++i) grown.append(i);
    grown.context.apply({{0, kCollapse}, {1, kCollapse}}, 4);
    grown.context.apply({{0, kExpand}}, 4);
    ASSERT_EQ(grown.context.text(), "0: 0x1 1x1 0x2");
    grown.append(4);
    EXPECT_EQ(grown.context.text(), hold == 0 ? "0: 1x2 0x3" : "0: 0x1 1x2 0x2");
    grown.append(5);
    EXPECT_EQ(grown.context.text(), hold == 0 ? "0: 1x3 0x3" : "0: 0x1 1x3 0x2");
    grown.append(6);
    EXPECT_EQ(grown.context.text(), "0: 1x4 0x3") << "held no longer";
    EXPECT_EQ(grown.broken(), "");
  }
}

TEST(WorkingContext, WhereNothingElseIsLeftTheOldestOfTheseMakesRoom) {
  Grown grown(ContextRules{4, 12, 4, Overflow::collapse, 3});
  for (std::uint64_t i = 0; i < 3; ++i) grown.append(i);
  grown.context.apply({{0, kCollapse}, {1, kCollapse}}, 3);
  grown.context.apply({{0, kExpand}, {1, kExpand}}, 3);
  grown.append(3);
  EXPECT_EQ(grown.context.text(), "0: 1x1 0x1 1x1 0x1") << "what was not expanded first, then the oldest";
}

TEST(WorkingContext, ATruncatedContextDropsTheOldest) {
  Grown grown(ContextRules{4, 12, 4, Overflow::drop});
  for (std::uint64_t i = 0; i < 5; ++i) grown.append(i);
  EXPECT_EQ(grown.context.text(), "8: 0x3");
  EXPECT_EQ(grown.context.begin(), 8);
  EXPECT_EQ(grown.broken(), "");
}

TEST(WorkingContext, AFullContextFailsWhereTheBudgetEnds) {
  Grown grown(ContextRules{4, 12, 4, Overflow::fail});
  for (std::uint64_t i = 0; i < 3; ++i) grown.append(i);
  const WorkingContext before = grown.context;
  EXPECT_THROW(grown.append(3), ContextError);
  EXPECT_EQ(grown.context, before);
}

TEST(WorkingContext, SaysWhereNothingOlderCanMakeRoom) {
  Grown grown(ContextRules{4, 4, 4, Overflow::collapse});
  grown.append(0);
  try {
    grown.append(1);
    FAIL() << "a gist beside a protected tail that fills the budget";
  } catch (const ContextError& error) {
    EXPECT_STREQ(error.what(),
                 "a history of 8 tokens takes 5 rows when the budget is 4 and nothing older can make room");
  }
}

TEST(WorkingContext, RefusesABudgetSmallerThanTheProtectedTail) {
  EXPECT_EQ(refused_rules({32, 100, 128, Overflow::collapse}),
            "the budget is 100 rows when the protected tail alone takes 128; raise the budget or shorten the "
            "protected tail");
  EXPECT_THAT(refused_rules({32, 16, 0, Overflow::collapse}), HasSubstr("the newest block alone takes 32"));
  EXPECT_THAT(refused_rules({32, 1000, 40, Overflow::collapse}), HasSubstr("whole blocks of 32"));
  EXPECT_THAT(refused_rules({32, 1000, -32, Overflow::collapse}), HasSubstr("whole blocks of 32"));
  EXPECT_THAT(refused_rules({32, 1000, 0, Overflow::collapse, -1}), HasSubstr("hold is -1"));
  EXPECT_THAT(refused_rules({1, 1000, 0, Overflow::collapse}), HasSubstr("2 to 1024"));
}

TEST(WorkingContext, IsAValueThatIsComparedWhole) {
  Grown grown = grown_of(4);
  WorkingContext other = grown.context;
  EXPECT_EQ(other, grown.context);
  EXPECT_EQ(other.digest(), grown.context.digest());
  other.apply({{0, kCollapse}}, 4);
  EXPECT_NE(other, grown.context) << "copies are independent";
  other.apply({{0, kExpand}}, 4);
  EXPECT_EQ(other.text(), grown.context.text());
  EXPECT_NE(other, grown.context) << "it stands as it does since another iteration";
  EXPECT_NE(other.digest(), grown.context.digest());
}

TEST(WorkingContext, ItsArraysCountIterationsSinceAnEntryCame) {
  Grown grown = grown_of(3);
  grown.context.apply({{0, kCollapse}}, 3);
  const EntryArrays arrays = grown.context.arrays(5);
  EXPECT_EQ(arrays.levels, (std::vector<std::int32_t>{1, 0, 0}));
  EXPECT_EQ(arrays.starts, (std::vector<std::int32_t>{0, 4, 8}));
  EXPECT_EQ(arrays.residency, (std::vector<std::int32_t>{2, 3, 2}));
  EXPECT_EQ(arrays.last_action, (std::vector<std::int32_t>{-1, 0, 0}));
  EXPECT_EQ(what_is_wrong(arrays.entries()), "");
}

TEST(Rows, TokensStandAtTheirPlacesAndAGistInTheMiddleOfItsSpan) {
  Grown grown = grown_of(6);
  grown.context.apply({{0, kCollapse}, {1, kCollapse}, {2, kCollapse}, {3, kCollapse}}, 6);
  grown.context.apply({{0, kCollapse}}, 6);
  grown.context.apply({{1, kCollapse}}, 6);
  const Rows rows = rows_of(grown.context, grown.tree.data(), Place::center);
  EXPECT_EQ(rows.entry, (std::vector<std::int32_t>{0, 1, 2, 2, 2, 2}));
  EXPECT_EQ(rows.position, (std::vector<std::int32_t>{8, 18, 20, 21, 22, 23}));
  EXPECT_EQ(rows.token[0], -1);
  EXPECT_EQ(rows.token[1], -1);
  EXPECT_EQ(rows.token[5], grown.tree.data()[23]);
}

TEST(Rows, AGistMayStandAtTheStartOrTheEndOfItsSpan) {
  EXPECT_EQ(position_of(1024, 1024, place_of("center")), 1024 + 512);
  EXPECT_EQ(position_of(32, 32, place_of("center")), 48);
  EXPECT_EQ(position_of(32, 32, place_of("start")), 32);
  EXPECT_EQ(position_of(32, 32, place_of("end")), 63);
  EXPECT_THROW(place_of("middle"), std::invalid_argument);
}

}  // namespace
}  // namespace gistmill::focus
