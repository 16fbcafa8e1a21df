// Which documents are cut, joined and left out.
#include "plugins/store/tokens/lengths.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace gistmill::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A document of so many tokens.
struct Given {
  std::string name;
  std::size_t tokens;
  std::int32_t split = 0;
};

// "name tokens" of what comes out, "!" behind those that are held out.
std::vector<std::string> through(const LengthLimits& limits, const std::vector<Given>& documents,
                                 Lengths::Counts* counts = nullptr) {
  std::vector<std::string> out;
  Lengths lengths(limits, [&](const TokenDocument& document) {
    out.push_back(document.name + " " + std::to_string(document.tokens.size()) +
                  (document.split == 1 ? " !" : ""));
  });
  for (const Given& given : documents)
    lengths.add({given.name, std::vector<std::int32_t>(given.tokens, 7), given.split});
  lengths.finish();
  if (counts != nullptr) *counts = lengths.counts();
  return out;
}

TEST(SourceOfADocument, IsItsFileOrFolder) {
  EXPECT_EQ(file_of("t/a.jsonl:17"), "t/a.jsonl");
  EXPECT_EQ(file_of("t/a.txt#2"), "t/a.txt");
  EXPECT_EQ(file_of("t/a.txt"), "t/a.txt");
  EXPECT_EQ(file_of("t/chapter#"), "t/chapter#");
  EXPECT_EQ(file_of("2020"), "2020");
  EXPECT_EQ(folder_of("t/x/a.jsonl:17"), "t/x");
  EXPECT_EQ(folder_of("a.txt"), "");
}

TEST(Lengths, LeaveDocumentsAloneWithoutLimits) {
  EXPECT_THAT(through({}, {{"a", 5}, {"b", 0}, {"c", 5}}), ElementsAre("a 5", "b 0", "c 5"));
}

TEST(Lengths, CutLongDocumentsIntoEqualPieces) {
  Lengths::Counts counts;
  EXPECT_THAT(through({.longest = 10}, {{"a", 10}, {"b", 11}, {"c", 35, 1}}, &counts),
              ElementsAre("a 10", "b[1] 5", "b[2] 6", "c[1] 8 !", "c[2] 9 !", "c[3] 9 !", "c[4] 9 !"));
  EXPECT_EQ(counts.cut, 2u);
  EXPECT_EQ(counts.pieces, 6u);
}

TEST(Lengths, LoseNoTokenWhenTheyCut) {
  std::vector<std::int32_t> ids(1003);
  std::iota(ids.begin(), ids.end(), 0);
  std::vector<std::int32_t> found;
  Lengths lengths({.longest = 100}, [&](const TokenDocument& document) {
    found.insert(found.end(), document.tokens.begin(), document.tokens.end());
  });
  lengths.add({"a", ids, 0});
  lengths.finish();
  EXPECT_EQ(found, ids);
}

TEST(Lengths, JoinShortNeighborsOfOneFileUntilTheyAreLongEnough) {
  Lengths::Counts counts;
  EXPECT_THAT(through({.shortest = 10},
                      {{"a:1", 4}, {"a:2", 4}, {"a:3", 4}, {"a:4", 20}, {"a:5", 3}, {"b:1", 3}}, &counts),
              ElementsAre("a:1+2 12", "a:4 20", "a:5 3", "b:1 3"))
      << "what has no neighbor stays short";
  EXPECT_EQ(counts.joined, 3u);
  EXPECT_EQ(counts.groups, 1u);
}

TEST(Lengths, PutIdsBetweenJoinedDocuments) {
  std::vector<std::int32_t> found;
  Lengths lengths({.shortest = 5, .between = {0, 1}},
                  [&](const TokenDocument& document) { found = document.tokens; });
  lengths.add({"a:1", {7, 8}, 0});
  lengths.add({"a:2", {9}, 0});
  EXPECT_THAT(found, ElementsAre(7, 8, 0, 1, 9));
}

TEST(Lengths, NeverJoinAcrossSplits) {
  EXPECT_THAT(through({.shortest = 10}, {{"a:1", 6}, {"a:2", 6, 1}, {"a:3", 6}, {"a:4", 6}}),
              ElementsAre("a:1 6", "a:2 6 !", "a:3+1 12"));
}

TEST(Lengths, JoinFilesOfAFolderWhereThatIsAskedFor) {
  const std::vector<Given> files = {{"t/a.txt", 6}, {"t/b.txt", 6}, {"u/c.txt", 6}};
  EXPECT_THAT(through({.shortest = 10}, files), ElementsAre("t/a.txt 6", "t/b.txt 6", "u/c.txt 6"));
  EXPECT_THAT(through({.shortest = 10, .join = LengthLimits::Join::folder}, files),
              ElementsAre("t/a.txt+1 12", "u/c.txt 6"));
}

TEST(Lengths, LeaveShortDocumentsOutWhereThatIsAskedFor) {
  const std::vector<Given> documents = {{"a:1", 4}, {"a:2", 7}, {"a:3", 4}, {"b:1", 12}};
  Lengths::Counts counts;
  EXPECT_THAT(through({.shortest = 10, .below = LengthLimits::Short::drop}, documents, &counts),
              ElementsAre("b:1 12"));
  EXPECT_EQ(counts.dropped, 3u);
  EXPECT_THAT(through({.shortest = 10, .below = LengthLimits::Short::join_or_drop}, documents, &counts),
              ElementsAre("a:1+1 11", "b:1 12"));
  EXPECT_EQ(counts.dropped, 1u);
}

TEST(Lengths, CutWhatJoiningMadeTooLongIntoPiecesThatAreLongEnough) {
  EXPECT_THAT(through({.longest = 20, .shortest = 10}, {{"a:1", 9}, {"a:2", 20}}),
              ElementsAre("a:1+1[1] 14", "a:1+1[2] 15"));
}

}  // namespace
}  // namespace gistmill::store
