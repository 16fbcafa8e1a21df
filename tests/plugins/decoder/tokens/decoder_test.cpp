// decoder/tokens and metric/reconstruction through the C ABI: what is guessed, that it learns, how it is
// measured.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

constexpr std::int64_t kSpan = 4;
constexpr std::int64_t kHidden = 6;

class TokenDecoder : public ::testing::Test {
 protected:
  static OptionTable options(std::int64_t width = 8) {
    return {
        {"width", width}, {"heads", std::int64_t{2}}, {"mlp", std::int64_t{7}}, {"layers", std::int64_t{1}}};
  }
  PluginDriver decoder_{DECODER_TOKENS_PLUGIN, "decoder/tokens", options(), {{"S", kSpan}, {"D", kHidden}}};
  at::Tensor gist_ = random_normal({3, 1, kHidden}, 1, at::kFloat);
  at::Tensor embeddings_ = random_normal({3, kSpan, kHidden}, 2, at::kFloat);
};

TEST_F(TokenDecoder, GivesEachTokenARowOfItsOwnFromTheGistAlone) {
  const at::Tensor rows = decoder_.forward(0, {gist_, embeddings_})[0];
  EXPECT_EQ(rows.sizes(), embeddings_.sizes());
  EXPECT_FALSE(at::allclose(rows.select(1, 0), rows.select(1, 1))) << "places differ";
  EXPECT_TRUE(at::equal(decoder_.forward(0, {gist_, -embeddings_})[0], rows))
      << "embeddings are not looked at";
  EXPECT_TRUE(at::allclose(decoder_.forward(0, {3 * gist_, embeddings_})[0], rows, 1e-3, 1e-4))
      << "nor is the gist's length";
  const at::Tensor swapped = decoder_.forward(0, {gist_.flip(0), embeddings_})[0];
  EXPECT_TRUE(at::allclose(swapped.flip(0), rows, 1e-5, 1e-6)) << "spans do not see each other";
}

// By central differences, of the gist and of every parameter.
TEST_F(TokenDecoder, HasTheGradientOfDifferences) {
  const auto gradients = decoder_.bind_gradients();
  const at::Tensor weights = random_normal(embeddings_.sizes(), 5, at::kFloat);
  const auto result = decoder_.forward_and_vjp(0, {gist_, embeddings_}, {1, 0}, {weights});
  const auto loss = [&] {
    return (decoder_.forward(0, {gist_, embeddings_})[0].to(at::kDouble) * weights).sum().item<double>();
  };
  gistmill::test::expect_slope(loss, gist_, result.gradients[0], "gist", 5e-3);
  const auto parameters = decoder_.parameters();
  for (std::size_t i = 0; i < gradients.size(); ++i)
    gistmill::test::expect_slope(loss, parameters[i].tensor, gradients[i], parameters[i].name, 5e-3);
}

TEST_F(TokenDecoder, TakesTheTokensOfEachSpanAsTargets) {
  const auto found =
      decoder_.forward(1, {at::arange(20, at::kInt) * 10, at::tensor({0, 5, 16}, at::kInt), embeddings_});
  EXPECT_TRUE(at::equal(
      found[0], at::tensor({0, 10, 20, 30, 50, 60, 70, 80, 160, 170, 180, 190}, at::kInt).view({3, kSpan})));
  EXPECT_TRUE(at::equal(found[1], at::ones({3, kSpan})));
}

TEST_F(TokenDecoder, RefusesAWidthThatHeadsDoNotDivide) {
  try {
    PluginDriver wrong(DECODER_TOKENS_PLUGIN, "decoder/tokens", options(9));
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.key, "width");
    EXPECT_STREQ(refused.what(), "width is 9 when it should be a multiple of heads, 2");
  }
}

TEST(ReconstructionMetric, CountsTokensRightAndMeasuresWhatTheGuessesCost) {
  PluginDriver metric(DECODER_TOKENS_PLUGIN, "metric/reconstruction", {}, {});
  const at::Tensor head = random_normal({300, kHidden}, 1, at::kFloat);
  const at::Tensor tokens = at::tensor({7, 299, 5, 0, 12, 30}, at::kInt).view({2, 3});
  const at::Tensor hidden = random_normal({2, 3, kHidden}, 2, at::kFloat);
  const at::Tensor logits = at::matmul(hidden, head.t());
  const at::Tensor guessed = logits.argmax(2);
  at::Tensor truth = tokens.clone();
  truth[0][1] = guessed[0][1].item<int>();  // one right
  const auto found = metric.forward(0, {hidden, head, truth});
  EXPECT_TRUE(at::allclose(found[0], at::tensor({1.f / 3, 0.f})));
  const at::Tensor nll = -at::log_softmax(logits, 2).gather(2, truth.to(at::kLong).unsqueeze(2)).squeeze(2);
  EXPECT_TRUE(at::allclose(found[1], nll.mean(1), 1e-5, 1e-5));
  const at::Tensor difference = head.index({guessed}) - head.index({truth.to(at::kLong)});
  EXPECT_TRUE(at::allclose(found[2], difference.square().mean({1, 2}), 1e-5, 1e-5));
}

}  // namespace
}  // namespace gistmill::test
