// gistnet/gist-token through the ABI: where its vectors start, what trains them, which batches are refused.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

constexpr std::int64_t kHidden = 6;

PluginDriver gist_token(std::int64_t k, bool shared = false, double scale = 1.3) {
  return {GISTNET_GIST_TOKEN_PLUGIN,
          "gistnet/gist-token",
          {{"k", k}, {"shared", shared}, {"scale", scale}},
          {{"G", k}, {"D", kHidden}}};
}

at::Tensor places(std::int64_t rows, std::int64_t k) {
  return at::arange(k, at::kInt).add(3).expand({rows, k}).contiguous();
}

class GistToken : public ::testing::Test {
 protected:
  at::Tensor mean_ = random_normal({kHidden}, 1, at::kFloat);
  at::Tensor norm_ = at::scalar_tensor(2.78, at::kFloat);
};

TEST_F(GistToken, StartsAsTheVocabularysMean) {
  for (const std::int64_t k : {1, 2, 5, 10}) {
    PluginDriver token = gist_token(k);
    const at::Tensor gist = token.forward(0, {places(3, k), mean_, norm_})[0];
    EXPECT_TRUE(at::equal(gist, mean_.expand({3, k, kHidden})));
  }
}

TEST_F(GistToken, KeepsItsStartWhenTheModelChanges) {
  PluginDriver token = gist_token(2);
  token.forward(0, {places(1, 2), mean_, norm_});
  const at::Tensor gist = token.forward(0, {places(1, 2), mean_ + 1, norm_})[0];
  EXPECT_TRUE(at::equal(gist, mean_.expand({1, 2, kHidden})));
}

TEST_F(GistToken, TakesItsStartFromACheckpointWhereThereIsOne) {
  PluginDriver trained = gist_token(2);
  trained.forward(0, {places(1, 2), mean_, norm_});
  PluginDriver loaded = gist_token(2);
  for (std::size_t i = 0; i < trained.parameters().size(); ++i)
    loaded.parameters()[i].tensor.copy_(trained.parameters()[i].tensor);
  const at::Tensor gist = loaded.forward(0, {places(1, 2), mean_ + 1, norm_ + 1})[0];
  EXPECT_TRUE(at::equal(gist, mean_.expand({1, 2, kHidden})));
}

TEST_F(GistToken, MovesInUnitsOfAnEmbeddingsRootMeanSquare) {
  PluginDriver token = gist_token(1, false, 2.0);
  token.parameters()[0].tensor.fill_(1);
  const at::Tensor moved = token.forward(0, {places(1, 1), mean_, norm_})[0] - mean_;
  EXPECT_TRUE(at::allclose(moved.norm(), 2 * norm_, 1e-5));
  PluginDriver raw = gist_token(1, false, 0.0);
  raw.parameters()[0].tensor.fill_(1);
  EXPECT_TRUE(
      at::allclose(raw.forward(0, {places(1, 1), mean_, norm_})[0], mean_.expand({1, 1, kHidden}) + 1));
}

TEST_F(GistToken, HasAVectorForEachPlaceOrOneForAll) {
  EXPECT_EQ(gist_token(5).parameters()[0].tensor.sizes(), (at::IntArrayRef{5, kHidden}));
  EXPECT_EQ(gist_token(5).parameters()[0].flags, GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY);
  PluginDriver shared = gist_token(5, true);
  EXPECT_EQ(shared.parameters()[0].tensor.sizes(), (at::IntArrayRef{1, kHidden}));
  shared.parameters()[0].tensor.fill_(1);
  const at::Tensor gist = shared.forward(0, {places(2, 5), mean_, norm_})[0];
  EXPECT_TRUE(at::equal(gist, gist[1][4].expand({2, 5, kHidden})));
}

TEST_F(GistToken, HasAParameterOfTheSizeOfKWhereAVectorIsSharedToo) {
  const auto sizes = [](bool shared, std::int64_t k) {
    std::vector<std::int64_t> found;
    for (const Parameter& parameter : gist_token(k, shared).parameters())
      found.insert(found.end(), parameter.tensor.sizes().begin(), parameter.tensor.sizes().end());
    return found;
  };
  EXPECT_NE(sizes(true, 2), sizes(true, 5));
  EXPECT_NE(sizes(false, 2), sizes(false, 5));
}

TEST_F(GistToken, GivesItsVectorsTheGradientOfAllRows) {
  for (const bool shared : {false, true}) {
    PluginDriver token = gist_token(3, shared);
    const std::vector<at::Tensor> gradients = token.bind_gradients();
    ASSERT_EQ(gradients.size(), 1u) << "its start does not train";
    const at::Tensor above = random_normal({4, 3, kHidden}, 7, at::kFloat);
    token.forward_and_vjp(0, {places(4, 3), mean_, norm_}, {0, 0, 0}, {above});
    // Central differences of sum(above * gist), which is linear in the vectors.
    const at::Tensor vectors = token.parameters()[0].tensor;
    for (std::int64_t i = 0; i < vectors.numel(); ++i) {
      const auto value = [&](float step) {
        vectors.view(-1)[i].add_(step);
        const at::Tensor gist = token.forward(0, {places(4, 3), mean_, norm_})[0];
        vectors.view(-1)[i].sub_(step);
        return (gist.to(at::kDouble) * above).sum().item<double>();
      };
      const double slope = (value(0.5f) - value(-0.5f)) / 1.0;
      EXPECT_NEAR(gradients[0].view(-1)[i].item<double>(), slope, 1e-5 * (1 + std::abs(slope)));
    }
  }
}

TEST_F(GistToken, TakesRowsWithoutGistTokens) {
  PluginDriver token = gist_token(2);
  EXPECT_EQ(token.forward(0, {at::full({3, 2}, -1, at::kInt), mean_, norm_})[0].sizes(),
            (at::IntArrayRef{3, 2, kHidden}));
}

TEST_F(GistToken, NamesTheRowThatHasFewerGistTokensThanTheOthers) {
  PluginDriver token = gist_token(3);
  const at::Tensor rows = at::tensor({4, 5, 6, 4, 5, -1}, at::kInt).view({2, 3});
  try {
    token.forward(0, {rows, mean_, norm_});
    FAIL() << "nothing was thrown";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(),
                ::testing::HasSubstr("row 2 of the batch has 2 gist tokens when it should have 3"));
  }
}

}  // namespace
}  // namespace gistmill::test
