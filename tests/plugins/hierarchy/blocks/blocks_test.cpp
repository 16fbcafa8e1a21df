// hierarchy/blocks: which token lands in which block, where gists of gists stand, and what is refused.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kBlock = 4;
constexpr std::int64_t kBlocks = 3;
constexpr std::int64_t kSpan = kBlock * kBlocks;
constexpr std::int64_t kSpans = 2;
constexpr std::int64_t kHidden = 5;
enum Operation { kSplit, kSplitStates, kJoin, kPlace };

class Blocks : public ::testing::Test {
 protected:
  PluginDriver blocks_{HIERARCHY_BLOCKS_PLUGIN,
                       "hierarchy/blocks",
                       {{"block", kBlock}, {"blocks", kBlocks}},
                       {{"S", kBlock}, {"R", kBlocks}}};
};

std::string refusal_of(PluginDriver& driver, Operation operation, const std::vector<at::Tensor>& inputs) {
  try {
    driver.forward(operation, inputs);
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.status, GM_ERROR_USER);
    EXPECT_EQ(refused.key, "blocks");
    return refused.what();
  }
  return "";
}

TEST_F(Blocks, OfOneSpanFollowEachOtherAndThenThoseOfTheNext) {
  const at::Tensor embeddings = random_normal({kSpans, kSpan, kHidden}, 1, at::kFloat);
  const at::Tensor states = random_normal({kSpans, kSpan, 2, kHidden}, 2, at::kFloat);
  const at::Tensor split = blocks_.forward(kSplit, {embeddings})[0];
  const at::Tensor split_states = blocks_.forward(kSplitStates, {states})[0];
  ASSERT_EQ(split.sizes(), (at::IntArrayRef{kSpans * kBlocks, kBlock, kHidden}));
  ASSERT_EQ(split_states.sizes(), (at::IntArrayRef{kSpans * kBlocks, kBlock, 2, kHidden}));
  for (std::int64_t span = 0; span < kSpans; ++span) {
    for (std::int64_t token = 0; token < kSpan; ++token) {
      const std::int64_t row = span * kBlocks + token / kBlock;
      EXPECT_TRUE(at::equal(split[row][token % kBlock], embeddings[span][token]));
      EXPECT_TRUE(at::equal(split_states[row][token % kBlock], states[span][token]));
    }
  }
}

TEST_F(Blocks, GiveTheirGistsAsEmbeddingsAndAsStatesWithPlacesInTheSpan) {
  const at::Tensor gist = random_normal({kSpans * kBlocks, 1, kHidden}, 3, at::kFloat);
  const at::Tensor offsets = at::tensor({3, 0, 2, 1, 3, 3}, at::kInt).view({-1, 1});
  const auto out = blocks_.forward(kJoin, {gist, offsets});
  EXPECT_TRUE(at::equal(out[0], gist.view({kSpans, kBlocks, kHidden})));
  EXPECT_TRUE(at::equal(out[1], gist.view({kSpans, kBlocks, 1, kHidden})));
  EXPECT_TRUE(at::equal(out[2], at::tensor({3, 4, 10, 1, 7, 11}, at::kInt).view({kSpans, kBlocks})));
}

TEST_F(Blocks, PutAGistOfGistsWhereTheGistOfItsNumberStood) {
  const at::Tensor places = at::tensor({3, 4, 10, 1, 7, 11}, at::kInt).view({kSpans, kBlocks});
  const at::Tensor last = at::tensor({0, 2, 1, 2}, at::kInt).view({kSpans, 2});
  EXPECT_TRUE(at::equal(blocks_.forward(kPlace, {last, places})[0],
                        at::tensor({3, 10, 7, 11}, at::kInt).view({kSpans, 2})));
  const at::Tensor none = at::zeros({kSpans, 0}, at::kInt);
  EXPECT_EQ(blocks_.forward(kPlace, {none, places})[0].sizes(), (at::IntArrayRef{kSpans, 0}));
}

TEST_F(Blocks, PassAGradientToEachBlocksGist) {
  const at::Tensor gist = random_normal({kSpans * kBlocks, 1, kHidden}, 4, at::kFloat);
  const at::Tensor offsets = at::zeros({kSpans * kBlocks, 1}, at::kInt);
  const at::Tensor one = random_normal({kSpans, kBlocks, kHidden}, 5, at::kFloat);
  const at::Tensor two = random_normal({kSpans, kBlocks, 1, kHidden}, 6, at::kFloat);
  const auto result = blocks_.forward_and_vjp(kJoin, {gist, offsets}, {1, 0}, {one, two, {}});
  EXPECT_TRUE(at::equal(result.gradients[0], one.view(gist.sizes()) + two.view(gist.sizes())));
}

TEST_F(Blocks, RefuseSpansThatAreNotOfTheirLength) {
  EXPECT_THAT(refusal_of(blocks_, kSplit, {at::zeros({1, kSpan + 1, kHidden})}),
              HasSubstr("spans of 13 tokens came when 3 blocks of 4 are 12"));
  EXPECT_THAT(refusal_of(blocks_, kSplitStates, {at::zeros({1, kSpan - 1, 1, kHidden})}),
              HasSubstr("spans of 11 tokens"));
  EXPECT_THAT(refusal_of(blocks_, kJoin, {at::zeros({4, 1, kHidden}), at::zeros({4, 1}, at::kInt)}),
              HasSubstr("gists of 4 blocks came when a span has 3 blocks"));
}

}  // namespace
}  // namespace gistmill::test
