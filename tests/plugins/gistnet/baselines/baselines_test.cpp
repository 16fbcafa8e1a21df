// The gistnets that see no context or learn nothing about a span: mean, zero, last-k, vector.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

constexpr std::int64_t kSpan = 8;
constexpr std::int64_t kHidden = 5;

OptionValue text(const char* value) { return std::string(value); }

class Baselines : public ::testing::TestWithParam<std::int64_t> {
 protected:
  at::Tensor embeddings_ = 1 + random_normal({GetParam(), kSpan, kHidden}, 1, at::kFloat);
  at::Tensor mean_ = at::ones({kHidden});
  at::Tensor norm_ = at::scalar_tensor(2.78, at::kFloat);
};
INSTANTIATE_TEST_SUITE_P(Spans, Baselines, ::testing::Values(1, 3, 16));

TEST_P(Baselines, CenteredMeanPointsAwayFromTheMeanEmbeddingWithAnEmbeddingsNorm) {
  PluginDriver mean(GISTNET_MEAN_PLUGIN, "gistnet/mean", {{"centered", true}, {"position", text("center")}},
                    {});
  const auto out = mean.forward(0, {embeddings_, mean_, norm_});
  const at::Tensor rest = embeddings_.mean(1, true) - mean_;
  EXPECT_EQ(out[0].sizes(), (at::IntArrayRef{GetParam(), 1, kHidden}));
  EXPECT_TRUE(at::allclose(out[0].norm(2, -1), norm_.expand({GetParam(), 1}), 1e-5));
  EXPECT_TRUE(at::allclose(at::cosine_similarity(out[0], rest, -1), at::ones({GetParam(), 1}), 1e-5));
  EXPECT_TRUE(at::equal(out[1], at::full({GetParam(), 1}, kSpan / 2, at::kInt)));
}

TEST_P(Baselines, RawMeanIsTheMean) {
  PluginDriver mean(GISTNET_MEAN_PLUGIN, "gistnet/mean", {{"centered", false}, {"position", text("end")}},
                    {});
  EXPECT_TRUE(at::allclose(mean.forward(0, {embeddings_, mean_, norm_})[0], embeddings_.mean(1, true)));
}

TEST_P(Baselines, CenteredMeanOfNothingButTheMeanIsZero) {
  PluginDriver mean(GISTNET_MEAN_PLUGIN, "gistnet/mean", {{"centered", true}, {"position", text("end")}}, {});
  const at::Tensor gist = mean.forward(0, {at::ones_like(embeddings_), mean_, norm_})[0];
  EXPECT_TRUE(at::equal(gist, at::zeros_like(gist)));
}

TEST_P(Baselines, CenteredMeanPassesTheGradientOfDifferences) {
  PluginDriver mean(GISTNET_MEAN_PLUGIN, "gistnet/mean", {{"centered", true}, {"position", text("end")}}, {});
  const at::Tensor weights = random_normal({GetParam(), 1, kHidden}, 4);
  const auto result =
      mean.forward_and_vjp(0, {embeddings_, mean_, norm_}, {1, 0, 0}, {weights.to(at::kFloat), {}});
  // Of the formula in f64: through the ABI values are f32, as its ports say.
  const at::Tensor direction = random_normal(embeddings_.sizes(), 5);
  const auto value = [&](double h) {
    const at::Tensor rest = (embeddings_.to(at::kDouble) + h * direction).mean(1, true) - 1;
    return (2.78 * rest / rest.norm(2, -1, true) * weights).sum().item<double>();
  };
  const double slope = (value(1e-5) - value(-1e-5)) / 2e-5;
  EXPECT_NEAR((result.gradients[0] * direction).sum().item<double>(), slope, 1e-5 * (1 + std::abs(slope)));
}

// Asked for the second input's gradient only: the opposite of what all rows of the first would get.
TEST_P(Baselines, CenteredMeanGivesTheMeanEmbeddingItsGradientAndTheSpansNone) {
  PluginDriver mean(GISTNET_MEAN_PLUGIN, "gistnet/mean", {{"centered", true}, {"position", text("end")}}, {});
  const at::Tensor weights = random_normal({GetParam(), 1, kHidden}, 4, at::kFloat);
  const auto spans = mean.forward_and_vjp(0, {embeddings_, mean_, norm_}, {1, 0, 0}, {weights, {}});
  const auto asked = mean.forward_and_vjp(0, {embeddings_, mean_, norm_}, {0, 1, 0}, {weights, {}});
  EXPECT_FALSE(asked.gradients[0].defined());
  ASSERT_TRUE(asked.gradients[1].defined());
  EXPECT_TRUE(at::allclose(asked.gradients[1], -spans.gradients[0].sum({0, 1}), 1e-4, 1e-5));
}

TEST_P(Baselines, TheCenterOfAnOddSpanIsItsMiddleToken) {
  PluginDriver zero(GISTNET_ZERO_PLUGIN, "gistnet/zero", {{"position", text("center")}}, {});
  const auto out = zero.forward(0, {embeddings_.narrow(1, 0, 7)});
  EXPECT_TRUE(at::equal(out[1], at::full({GetParam(), 1}, 3, at::kInt)));
}

TEST_P(Baselines, ZeroIsZeroAtItsPlace) {
  PluginDriver zero(GISTNET_ZERO_PLUGIN, "gistnet/zero", {{"position", text("start")}}, {});
  const auto out = zero.forward(0, {embeddings_});
  EXPECT_TRUE(at::equal(out[0], at::zeros({GetParam(), 1, kHidden})));
  EXPECT_TRUE(at::equal(out[1], at::zeros({GetParam(), 1}, at::kInt)));
}

TEST_P(Baselines, LastKKeepsTokensAtTheirOwnPlaces) {
  for (const std::int64_t k : {std::int64_t{1}, std::int64_t{3}, kSpan}) {
    PluginDriver last(GISTNET_LAST_K_PLUGIN, "gistnet/last-k", {{"k", k}});
    last.start({{"S", kSpan}});
    const auto out = last.forward(0, {embeddings_});
    EXPECT_TRUE(at::equal(out[0], embeddings_.slice(1, kSpan - k)));
    EXPECT_EQ(out[1].sizes(), (at::IntArrayRef{GetParam(), k}));
    EXPECT_EQ(out[1][0][0].item<int>(), kSpan - k);
    EXPECT_EQ(out[1][GetParam() - 1][k - 1].item<int>(), kSpan - 1);
  }
}

TEST_P(Baselines, LastZeroDropsTheSpan) {
  PluginDriver last(GISTNET_LAST_K_PLUGIN, "gistnet/last-k", {{"k", std::int64_t{0}}}, {{"S", kSpan}});
  const auto out = last.forward(0, {embeddings_});
  EXPECT_EQ(out[0].sizes(), (at::IntArrayRef{GetParam(), 0, kHidden}));
  EXPECT_EQ(out[1].sizes(), (at::IntArrayRef{GetParam(), 0}));
}

TEST_P(Baselines, VectorStartsAtZeroAndIsTheSameForEverySpan) {
  PluginDriver vector(GISTNET_VECTOR_PLUGIN, "gistnet/vector", {{"position", text("end")}, {"scale", 1.3}});
  vector.start({{"S", kSpan}, {"D", kHidden}});
  EXPECT_TRUE(at::equal(vector.forward(0, {embeddings_, norm_})[0], at::zeros({GetParam(), 1, kHidden})));
  EXPECT_EQ(vector.parameters()[0].flags, GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY);
  vector.parameters()[0].tensor.fill_(1);
  const at::Tensor gist = vector.forward(0, {embeddings_, norm_})[0];
  // Elements of size 1 are 1.3 times an embedding's RMS.
  EXPECT_TRUE(at::allclose(gist.norm(2, -1), (1.3 * norm_).expand({GetParam(), 1}), 1e-5));
}

TEST_P(Baselines, VectorAddsTheGradientOfAllSpansToItsBuffer) {
  PluginDriver vector(GISTNET_VECTOR_PLUGIN, "gistnet/vector", {{"position", text("end")}, {"scale", 1.0}});
  vector.start({{"S", kSpan}, {"D", kHidden}});
  const auto gradients = vector.bind_gradients();
  const at::Tensor above = random_normal({GetParam(), 1, kHidden}, 6, at::kFloat);
  for (int call = 0; call < 2; ++call) vector.forward_and_vjp(0, {embeddings_, norm_}, {0, 0}, {above, {}});
  const at::Tensor once = above.sum({0, 1}) * (norm_ / std::sqrt(5.0));
  EXPECT_TRUE(at::allclose(gradients[0], 2 * once, 1e-4, 1e-5));
}

TEST(LastK, RefusesMoreTokensThanASpanHas) {
  PluginDriver last(GISTNET_LAST_K_PLUGIN, "gistnet/last-k", {{"k", std::int64_t{9}}});
  try {
    last.start({{"S", kSpan}});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.status, GM_ERROR_USER);
    EXPECT_EQ(refused.key, "k");
    EXPECT_STREQ(refused.what(), "k is 9 when a span has 8 tokens");
  }
}

}  // namespace
}  // namespace gistmill::test
