// A text that grows and is edited, read on from what the text before it left, against reading each whole.
#include <gmock/gmock.h>

#include <random>

#include "plugins/teacher/decoder/trainable.hpp"
#include "tests/plugins/support/fake_device.hpp"
#include "tests/plugins/teacher/decoder/growing_text.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

constexpr std::int64_t kHorizon = 5;

Continuation following(std::int64_t position, std::uint64_t seed) {
  return {random_tokens(97, kHorizon, seed), at::ones({kHorizon}), position};
}

// -> rows that were computed, and rows that there were.
std::pair<std::int64_t, std::int64_t> expect_same(const Model& model, std::uint64_t seed, int steps) {
  std::mt19937_64 random(seed);
  GrowingText text;
  auto before = std::make_shared<const ReadRows>();
  std::int64_t computed = 0, all = 0;
  for (int step = 0; step < steps; ++step) {
    text.grow(random);
    if (random() % 2 == 0) text.edit(random);
    const Batch batch = text.batch();
    const Continuation next = following(text.end, random());
    const auto [nll, rows] = model.follow(batch, next);
    const Followed found = model.follow_on(batch, next, *before);
    const double expected = nll.item<double>();
    EXPECT_NEAR(found.nll.item<double>(), expected, 1e-5 * std::max(1.0, expected)) << "step " << step;
    EXPECT_TRUE(at::allclose(found.rows.cpu(), rows.cpu(), 0, 1e-4)) << "step " << step;
    computed += found.computed;
    all += batch.ids.size(1);
    before = found.read;
  }
  return {computed, all};
}

class Reread : public ::testing::TestWithParam<Config> {};

TEST_P(Reread, GivesTheNumbersOfReadingTheWholeText) {
  const Model model = random_model(GetParam(), 11);
  const auto [computed, all] = expect_same(model, 3, 16);
  if (GetParam().window > 0) return;  // nothing is left of a text that a window hides
  EXPECT_LT(computed, all * 2 / 3);
}

INSTANTIATE_TEST_SUITE_P(Decoder, Reread,
                         ::testing::Values(tiny_config(), tiny_gpt2_config(), tiny_mixed_config(),
                                           tiny_gemma_config()),
                         [](const auto& instance) { return instance.param.architecture; });

TEST(RereadRows, AreThoseBehindTheFirstThatDiffersInItsVectorOrItsPosition) {
  const Model model = random_model(tiny_config(), 11);
  std::mt19937_64 random(5);
  GrowingText text;
  for (int i = 0; i < 4; ++i) text.grow(random);
  const Continuation next = following(text.end, 1);
  const ReadRows nothing;
  const auto read = model.follow_on(text.batch(), next, nothing).read;
  EXPECT_EQ(model.follow_on(text.batch(), next, nothing).computed, 32);
  EXPECT_EQ(model.follow_on(text.batch(), next, *read).computed, 1) << "the last row predicts";
  GrowingText token = text;
  token.rows[20].token = (token.rows[20].token + 1) % 97;
  EXPECT_EQ(model.follow_on(token.batch(), next, *read).computed, 12);
  GrowingText place = text;
  place.rows[10].position += 300;
  EXPECT_EQ(model.follow_on(place.batch(), next, *read).computed, 22);
  GrowingText gist = text;
  gist.rows[0].gist = true;
  EXPECT_EQ(model.follow_on(gist.batch(), next, *read).computed, 32);
  GrowingText shorter = text;
  shorter.rows.resize(7);
  EXPECT_EQ(model.follow_on(shorter.batch(), next, *read).computed, 1);
}

TEST(RereadRows, OfADeviceAreThoseOfMainMemory) {
  Weights weights = random_model(tiny_config(), 11).weights();
  replace_weights(weights, [](const std::string&, const at::Tensor& tensor, bool) {
    return tensor.to(gistmill::test::kFakeDevice);
  });
  const auto [computed, all] = expect_same(Model(tiny_config(), std::move(weights), {}, 32), 3, 6);
  EXPECT_LT(computed, all);
}

}  // namespace
}  // namespace gistmill::decoder::test
