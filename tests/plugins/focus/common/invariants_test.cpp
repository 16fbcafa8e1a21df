// Each invariant, broken on purpose: the checking function must name it.
#include "plugins/focus/common/invariants.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/focus/common/grown.hpp"

namespace gistmill::focus {
namespace {

using test::Grown;
using ::testing::StartsWith;

Grown grown_of(std::int64_t blocks) {
  Grown grown(ContextRules{2, 100, 2, Overflow::collapse});
  for (std::int64_t i = 0; i < blocks; ++i) grown.append(static_cast<std::uint64_t>(i));
  return grown;
}

// The context keeps its own invariants, so a broken one is made behind its back.
std::vector<Entry>& entries_of(Grown& grown) {
  return const_cast<std::vector<Entry>&>(grown.context.entries());
}

TEST(Invariants, HoldOfAContextThatWasMadeByItsOwnEdits) {
  Grown grown = grown_of(6);
  const WorkingContext before = grown.context;
  const std::vector<Edit> edits = {{0, Direction::collapse}, {3, Direction::collapse}};
  grown.context.apply(edits, grown.iteration);
  EXPECT_EQ(grown.broken(Change{before, edits}), "");
}

TEST(Invariants, NameAGap) {
  Grown grown = grown_of(6);
  entries_of(grown).erase(entries_of(grown).begin() + 2);
  EXPECT_THAT(grown.broken(), StartsWith("contiguity: the entry of level 0 at 6 should begin at 4"));
}

TEST(Invariants, NameAHistoryThatIsNotCoveredToTheCursor) {
  Grown grown = grown_of(6);
  entries_of(grown).pop_back();
  EXPECT_THAT(grown.broken(), StartsWith("contiguity: the entries end at 10, the cursor is 12"));
}

TEST(Invariants, NameAnEntryThatIsNotAligned) {
  Grown grown = grown_of(6);
  entries_of(grown)[1] = {2, 2, 0, Direction::none};
  entries_of(grown).erase(entries_of(grown).begin() + 2);
  EXPECT_THAT(grown.broken(), StartsWith("alignment: the entry of level 2 at 2"));
}

TEST(Invariants, NameALevelThatIsNone) {
  Grown grown = grown_of(6);
  entries_of(grown)[1].level = 3;
  EXPECT_THAT(grown.broken(), StartsWith("level: the entry of level 3"));
}

TEST(Invariants, NameACostThatIsNotThatOfTheEntries) {
  Grown grown = grown_of(6);
  entries_of(grown)[1].level = 1;
  EXPECT_THAT(grown.broken(), StartsWith("budget: the entries take 11 rows, the context says 12"));
}

TEST(Invariants, NameACostAboveTheBudget) {
  Grown grown = grown_of(6);
  const_cast<ContextRules&>(grown.context.rules()).budget = 11;
  EXPECT_THAT(grown.broken(), StartsWith("budget: 12 rows are above 11"));
}

TEST(Invariants, NameATreeThatDoesNotEndAtTheCursor) {
  Grown grown = grown_of(6);
  const std::int32_t tokens[] = {1, 2};
  grown.tree.append(tokens, 0);
  EXPECT_THAT(grown.broken(), StartsWith("node: the tree has 14 tokens"));
}

TEST(Invariants, NameAGistInTheProtectedTail) {
  Grown grown = grown_of(6);
  grown.context.apply({{4, Direction::collapse}}, grown.iteration);
  const_cast<ContextRules&>(grown.context.rules()).protected_tail = 4;
  EXPECT_THAT(grown.broken(), StartsWith("tail: the entry of level 1 at 8"));
}

TEST(Invariants, NameWhatChangedWithoutAnEdit) {
  Grown grown = grown_of(6);
  const WorkingContext before = grown.context;
  grown.context.apply({{0, Direction::collapse}, {2, Direction::collapse}}, grown.iteration);
  EXPECT_THAT(grown.broken(Change{before, {{0, Direction::collapse}}}),
              StartsWith("swap: the entry of level 0 at 4 was not edited"));
  EXPECT_THAT(grown.broken(Change{before, {{0, Direction::collapse}, {3, Direction::collapse}}}),
              StartsWith("swap: the entry of level 0 at 4 was not edited"));
}

TEST(Invariants, NameASwapThatWasNotWhole) {
  Grown grown = grown_of(6);
  const WorkingContext before = grown.context;
  const std::vector<Edit> edits = {{0, Direction::collapse}};
  EXPECT_THAT(grown.broken(Change{before, edits}),
              StartsWith("swap: the entry of level 0 at 0 was not replaced whole"));
}

TEST(Invariants, HoldOfTheSiblingsOfACollapse) {
  Grown grown = grown_of(6);
  grown.context.apply({{0, Direction::collapse}, {1, Direction::collapse}}, grown.iteration);
  const WorkingContext before = grown.context;
  const std::vector<Edit> edits = {{1, Direction::collapse}, {2, Direction::collapse}};
  grown.context.apply(edits, grown.iteration);
  EXPECT_EQ(grown.context.text(), "0: 2x1 1x1 0x3");
  EXPECT_EQ(grown.broken(Change{before, edits}), "");
}

}  // namespace
}  // namespace gistmill::focus
