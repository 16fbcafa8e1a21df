// keep/*: which entries of a span each score keeps.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

constexpr std::int64_t kLayers = 2;
constexpr std::int64_t kSpans = 3;
constexpr std::int64_t kSpan = 6;
constexpr std::int64_t kHeads = 2;
constexpr std::int64_t kSize = 4;

PluginDriver make(const char* component, std::int64_t entries, OptionTable options = {}) {
  options.insert({"entries", entries});
  return {KEEP_SCORES_PLUGIN, component, std::move(options), {}};
}

std::vector<std::int32_t> places(const at::Tensor& kept, std::int64_t layer, std::int64_t span,
                                 std::int64_t head) {
  const at::Tensor row = kept[layer][span][head].contiguous();
  return {row.const_data_ptr<std::int32_t>(), row.const_data_ptr<std::int32_t>() + row.numel()};
}

class Keep : public ::testing::Test {
 protected:
  at::Tensor keys_ = random_normal({kLayers, kSpans, kSpan, kHeads, kSize}, 1, at::kFloat);
};

TEST_F(Keep, NoneKeepsNothing) {
  PluginDriver none(KEEP_SCORES_PLUGIN, "keep/none", {}, {});
  const at::Tensor kept = none.forward(0, {keys_})[0];
  EXPECT_EQ(kept.sizes(), (at::IntArrayRef{kLayers, kSpans, kHeads, 0}));
}

TEST_F(Keep, KeyNormKeepsTheShortestKeysOfEachLayerSpanAndHead) {
  keys_.copy_(keys_ / keys_.norm(2, {4}, true));
  keys_[1][2].select(1, 0).select(0, 4).mul_(0.25);
  keys_[1][2].select(1, 0).select(0, 1).mul_(0.5);
  keys_[0][0].select(1, 1).select(0, 5).mul_(0.5);
  keys_[0][0].select(1, 1).select(0, 0).mul_(0.75);
  const at::Tensor kept = make("keep/key-norm", 2).forward(0, {keys_})[0];
  EXPECT_EQ(kept.sizes(), (at::IntArrayRef{kLayers, kSpans, kHeads, 2}));
  EXPECT_THAT(places(kept, 1, 2, 0), testing::ElementsAre(1, 4));
  EXPECT_THAT(places(kept, 0, 0, 1), testing::ElementsAre(0, 5));
}

TEST_F(Keep, KeyDifferenceKeepsWhatPointsAwayFromTheMeanKey) {
  at::Tensor mean = at::zeros({kLayers, kSpans, kHeads, kSize});
  mean.select(3, 0).fill_(0.5);
  keys_.select(4, 0).abs_();
  keys_[0][1][3][1].copy_(-mean[0][1][1] * 8);  // long, and opposite
  EXPECT_THAT(places(make("keep/key-difference", 1).forward(0, {keys_, mean})[0], 0, 1, 1),
              testing::ElementsAre(3));
}

// Entry 5 is seen by one of the three tokens that are asked, entry 2 by all.
TEST_F(Keep, AttentionAsksTheLastTokensThatSeeAnEntry) {
  at::Tensor attention = at::full({kLayers, kSpans, kHeads, kSpan, kSpan}, 0.01).tril();
  attention.select(4, 2).narrow(3, 3, 3).fill_(0.2);
  attention.select(4, 5).select(3, 5).fill_(0.3);
  attention.select(4, 0).select(3, 0).fill_(1.0);  // of the first token, which is not asked
  const at::Tensor one = make("keep/attention", 1, {{"window", std::int64_t{3}}}).forward(0, {attention})[0];
  EXPECT_THAT(places(one, 1, 1, 1), testing::ElementsAre(5));
  const at::Tensor two = make("keep/attention", 2, {{"window", std::int64_t{3}}}).forward(0, {attention})[0];
  EXPECT_THAT(places(two, 1, 1, 1), testing::ElementsAre(2, 5));
  const at::Tensor all = make("keep/attention", 1, {{"window", std::int64_t{64}}}).forward(0, {attention})[0];
  EXPECT_THAT(places(all, 1, 1, 1), testing::ElementsAre(5));
}

TEST_F(Keep, ExpectedAttentionKeepsTheHighestScores) {
  at::Tensor scores = random_normal({kLayers, kSpans, kHeads, kSpan}, 2, at::kFloat);
  scores[1][0][1][2] = 9;
  scores[1][0][1][0] = 8;
  EXPECT_THAT(places(make("keep/expected-attention", 2).forward(0, {scores})[0], 1, 0, 1),
              testing::ElementsAre(0, 2));
}

TEST_F(Keep, RandomKeepsDifferentPlacesOfASpanAndOthersAtAnotherStep) {
  PluginDriver random = make("keep/random", 3);
  const at::Tensor kept = random.forward(0, {keys_})[0];
  EXPECT_TRUE((kept.diff(1, 3) > 0).all().item<bool>());
  EXPECT_GE(kept.min().item<std::int32_t>(), 0);
  EXPECT_LT(kept.max().item<std::int32_t>(), kSpan);
  EXPECT_TRUE(at::equal(random.forward_and_vjp(0, {keys_}, {0}, {at::Tensor()}, 7).outputs[0],
                        random.forward_and_vjp(0, {keys_}, {0}, {at::Tensor()}, 7).outputs[0]));
  EXPECT_FALSE(at::equal(random.forward_and_vjp(0, {keys_}, {0}, {at::Tensor()}, 7).outputs[0],
                         random.forward_and_vjp(0, {keys_}, {0}, {at::Tensor()}, 8).outputs[0]));
}

TEST_F(Keep, RefusesMoreEntriesThanASpanHas) {
  try {
    make("keep/key-norm", kSpan + 1).forward(0, {keys_});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.key, "entries");
    EXPECT_STREQ(refused.what(), "entries is 7 when a span has 6 tokens");
  }
}

}  // namespace
}  // namespace gistmill::test
