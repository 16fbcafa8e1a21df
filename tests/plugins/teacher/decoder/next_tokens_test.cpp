// The next tokens of a text that grows and is edited, behind what is kept of it, against generating from each
// whole.
#include <gmock/gmock.h>

#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/trainable.hpp"
#include "tests/plugins/support/fake_device.hpp"
#include "tests/plugins/teacher/decoder/growing_text.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using ::testing::ElementsAreArray;

std::vector<std::int32_t> generated(const Model& model, const Batch& text, const Model::Sampling& sampling) {
  const Model::Generated found = model.generate(text, sampling);
  const auto* const first = found.tokens.const_data_ptr<std::int32_t>();
  return {first, first + found.lengths[0].item<std::int32_t>()};
}

// -> rows that were computed, and rows that there were.
std::pair<std::int64_t, std::int64_t> expect_same(const Model& model, const Model::Sampling& sampling) {
  std::mt19937_64 random(3);
  GrowingText text;
  Reading reading;
  std::int64_t computed = 0, all = 0;
  for (int step = 0; step < 8; ++step) {
    text.grow(random);
    if (random() % 2 == 0) text.edit(random);
    const auto next = model.next_tokens(text.batch(), sampling, reading);
    EXPECT_THAT(next.tokens, ElementsAreArray(generated(model, text.batch(), sampling))) << "step " << step;
    computed += next.computed;
    all += text.batch().ids.size(1);
    for (const std::int32_t token : next.tokens) text.rows.push_back({token, text.end++, false});
  }
  return {computed, all};
}

class NextTokens : public ::testing::TestWithParam<Config> {};

TEST_P(NextTokens, AreThoseOfGeneratingFromTheWholeText) {
  const Model model = random_model(GetParam(), 11);
  const auto [computed, all] = expect_same(model, {4, 0.0, 1.0, 0});
  if (GetParam().window > 0) return;  // nothing is kept of a text that a window hides
  EXPECT_LT(computed, all * 2 / 3);
}

TEST_P(NextTokens, AreDrawnAsGeneratedOnesAre) {
  expect_same(random_model(GetParam(), 11), {1, 1.0, 0.9, 7});
}

INSTANTIATE_TEST_SUITE_P(Decoder, NextTokens,
                         ::testing::Values(tiny_config(), tiny_gpt2_config(), tiny_mixed_config(),
                                           tiny_gemma_config()),
                         [](const auto& instance) { return instance.param.architecture; });

TEST(NextTokensOfOneText, OneAtATimeComputeOneRowEachAndAreThoseOfOneCall) {
  const Model model = random_model(tiny_config(), 11);
  std::mt19937_64 random(5);
  GrowingText text;
  for (int i = 0; i < 4; ++i) text.grow(random);
  text.edit(random);
  Reading at_once, one_by_one;
  const auto expected = model.next_tokens(text.batch(), {12, 0.0, 1.0, 0}, at_once).tokens;
  std::vector<std::int32_t> found;
  while (found.size() < expected.size()) {
    const auto next = model.next_tokens(text.batch(), {1, 0.0, 1.0, 0}, one_by_one);
    EXPECT_EQ(next.computed, found.empty() ? std::ssize(text.rows) : 1);
    ASSERT_EQ(next.tokens.size(), 1u);
    found.push_back(next.tokens.front());
    text.rows.push_back({next.tokens.front(), text.end++, false});
  }
  EXPECT_THAT(found, ElementsAreArray(expected));
}

TEST(NextTokensOfOneText, EndWithAnEndTokenThatIsLeftOut) {
  Config config = tiny_config();
  for (std::int64_t token = 0; token < config.vocabulary; ++token) config.end_tokens.push_back(token);
  const Model model = random_model(config, 11);
  std::mt19937_64 random(5);
  GrowingText text;
  text.grow(random);
  Reading reading;
  const auto next = model.next_tokens(text.batch(), {4, 0.0, 1.0, 0}, reading);
  EXPECT_TRUE(next.ended);
  EXPECT_TRUE(next.tokens.empty());
}

TEST(NextTokensOfOneText, AreRefusedBehindTheModelsContext) {
  const Model model = random_model(tiny_config(), 11);
  std::mt19937_64 random(5);
  GrowingText text;
  text.end = tiny_config().context - 8;
  text.grow(random);
  Reading reading;
  EXPECT_THROW(model.next_tokens(text.batch(), {1, 0.0, 1.0, 0}, reading), Error);
}

// What a long history is compressed of.
TEST(EmbeddingsOfSpans, AreThoseOfAHistoryThatIsLongerThanTheContextToo) {
  const Model model = random_model(tiny_config(), 11);
  const std::int64_t length = tiny_config().context + 40;
  const at::Tensor tokens = random_tokens(97, length, 5);
  const std::int64_t start = length - 32;
  EXPECT_TRUE(at::equal(model.embed(tokens, at::full({1}, start, at::kInt)),
                        model.embed(tokens.narrow(0, start, 32), at::zeros({1}, at::kInt))));
}

TEST(NextTokensOfOneText, OfADeviceAreThoseOfMainMemory) {
  Weights weights = random_model(tiny_config(), 11).weights();
  replace_weights(weights, [](const std::string&, const at::Tensor& tensor, bool) {
    return tensor.to(gistmill::test::kFakeDevice);
  });
  const auto [computed, all] =
      expect_same(Model(tiny_config(), std::move(weights), {}, 32), {3, 0.0, 1.0, 0});
  EXPECT_LT(computed, all);
}

}  // namespace
}  // namespace gistmill::decoder::test
