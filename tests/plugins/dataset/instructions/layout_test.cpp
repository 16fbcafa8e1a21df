// Where the pieces of a sample stand in a row, and what is cut.
#include "plugins/dataset/instructions/layout.hpp"

#include <gmock/gmock.h>

namespace gistmill::dataset {
namespace {

using ::testing::ElementsAre;
using Ids = std::vector<std::int32_t>;

const Ids kBefore = {11, 12, 13};
const Ids kInstruction = {21, 22};
const Ids kAfter = {31, 32};
const Ids kCompletion = {41, 42};

SampleLayout layout(const LayoutRules& rules) { return layout_of(rules, {3, 2, 2, 2}); }
Ids row(const LayoutRules& rules) {
  return row_of(rules, layout(rules), kBefore, kInstruction, kAfter, kCompletion);
}

TEST(SampleLayout, IsTextGistTextCompletion) {
  EXPECT_THAT(row({.gist_tokens = 2, .begin = 1, .end = 2}),
              ElementsAre(1, 11, 12, 13, 0, 0, 31, 32, 41, 42, 2));
  const SampleLayout placed = layout({.gist_tokens = 2, .begin = 1, .end = 2});
  EXPECT_EQ(placed.gist, 4);
  EXPECT_EQ(placed.completion, 8);
  EXPECT_EQ(placed.length, 11);
  EXPECT_EQ(placed.cut, 0);
}

TEST(SampleLayout, MayHaveNoGistAndNoTokensOfItsOwn) {
  EXPECT_THAT(row({.gist_tokens = 0}), ElementsAre(11, 12, 13, 31, 32, 41, 42));
  EXPECT_EQ(layout({.gist_tokens = 0}).gist, -1);
}

TEST(SampleLayout, LosesTheEndOfItsCompletionFirst) {
  EXPECT_THAT(row({.gist_tokens = 1, .max_length = 7, .end = 2}), ElementsAre(11, 12, 13, 0, 31, 32, 41));
  EXPECT_EQ(layout({.gist_tokens = 1, .max_length = 7, .end = 2}).cut, 2);
  EXPECT_TRUE(layout({.gist_tokens = 1, .max_length = 7}).fits());
  EXPECT_FALSE(layout({.gist_tokens = 1, .max_length = 6}).fits()) << "all of the completion is gone";
  EXPECT_FALSE(layout({.gist_tokens = 1, .max_length = 3}).fits());
}

TEST(SampleLayout, KeepsTheLastTokensOfTheInstructionAsAControl) {
  EXPECT_THAT(row({.gist_tokens = 5, .truncate = 1, .begin = 1}), ElementsAre(1, 22, 31, 32, 41, 42));
  EXPECT_THAT(row({.gist_tokens = 5, .truncate = 9}), ElementsAre(21, 22, 31, 32, 41, 42))
      << "as many as there are";
  EXPECT_THAT(row({.gist_tokens = 5, .truncate = 0}), ElementsAre(31, 32, 41, 42));
  EXPECT_EQ(layout({.gist_tokens = 5, .truncate = 1}).gist, -1);
}

}  // namespace
}  // namespace gistmill::dataset
