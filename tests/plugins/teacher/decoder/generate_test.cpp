// Continuing texts: one or a batch, under a mask, greedy or drawn.
#include <gtest/gtest.h>

#include <set>

#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

// Its window ends within the texts of these tests.
Config narrow_gemma_config() {
  Config config = tiny_gemma_config();
  config.window = 9;
  return config;
}

class Continuation : public ::testing::TestWithParam<Config> {
 protected:
  Model model_ = random_model(GetParam(), 11);
};

TEST_P(Continuation, OfUnequalTextsIsThatOfEachAlone) {
  const std::vector<std::int64_t> lengths = {7, 20, 13};
  at::Tensor ids = at::zeros({3, 20}, at::kInt);
  at::Tensor mask = at::ones({3, 20, 20}, at::kByte);
  at::Tensor positions = at::zeros({3, 20}, at::kInt);
  std::vector<at::Tensor> texts;
  for (std::int64_t i = 0; i < 3; ++i) {
    const std::int64_t length = lengths[static_cast<std::size_t>(i)];
    texts.push_back(random_tokens(97, length, static_cast<std::uint64_t>(i)));
    ids[i].narrow(0, 20 - length, length).copy_(texts.back());
    mask[i].narrow(1, 0, 20 - length).zero_();
    positions[i].narrow(0, 20 - length, length).copy_(at::arange(length, at::kInt));
  }
  const auto found = model_.generate({ids, mask, positions, {}}, {8, 0.0, 1.0, 0});
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(at::equal(found.tokens[i], continued(model_, texts[static_cast<std::size_t>(i)], 8))) << i;
    EXPECT_EQ(found.lengths[i].item<std::int32_t>(), 8);
  }
}

// Each token again by a full pass under the mask whose new rows are the last row and themselves.
TEST_P(Continuation, CarriesTheMaskThrough) {
  at::Tensor ids = random_tokens(97, 24, 5).unsqueeze(0);
  at::Tensor mask = at::ones({1, 24, 24}, at::kByte);
  mask.narrow(1, 12, 12).narrow(2, 0, 10).zero_();
  const auto found = model_.generate({ids, mask, {}, {}}, {6, 0.0, 1.0, 0});
  for (std::int64_t i = 0; i < 6; ++i) {
    const std::int64_t length = 24 + i;
    at::Tensor wide = at::ones({1, length, length}, at::kByte);
    wide.narrow(1, 0, 24).narrow(2, 0, 24).copy_(mask);
    wide.narrow(1, 24, i).narrow(2, 0, 10).zero_();
    const at::Tensor next = model_.forward({ids, wide, {}, {}})[0][length - 1].argmax().to(at::kInt);
    EXPECT_EQ(found.tokens[0][i].item<std::int32_t>(), next.item<std::int32_t>());
    ids = at::cat({ids, next.view({1, 1})}, 1);
  }
}

// A token at a time, each again by a full pass.
TEST_P(Continuation, IsThatOfFullPasses) {
  at::Tensor ids = random_tokens(97, 12, 6).unsqueeze(0);
  const at::Tensor found = continued(model_, ids[0], 8);
  for (std::int64_t i = 0; i < 8; ++i) {
    const at::Tensor next = model_.forward({ids, {}, {}, {}})[0][11 + i].argmax().to(at::kInt);
    EXPECT_EQ(found[i].item<std::int32_t>(), next.item<std::int32_t>()) << i;
    ids = at::cat({ids, next.view({1, 1})}, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Generate, Continuation,
                         ::testing::Values(tiny_config(), tiny_gpt2_config(), tiny_mixed_config(),
                                           narrow_gemma_config()),
                         [](const auto& instance) { return instance.param.architecture; });

class Drawing : public ::testing::Test {
 protected:
  at::Tensor draw(double temperature, double top_p, std::uint64_t seed) const {
    return model_.generate({prompt_, {}, {}, {}}, {12, temperature, top_p, seed}).tokens[0];
  }
  Model model_ = random_model(tiny_config(), 11);
  at::Tensor prompt_ = random_tokens(97, 10, 5).unsqueeze(0);
};

TEST_F(Drawing, GivesTheSameTokensForTheSameSeed) {
  EXPECT_TRUE(at::equal(draw(1.0, 0.9, 7), draw(1.0, 0.9, 7)));
  EXPECT_FALSE(at::equal(draw(1.0, 0.9, 7), draw(1.0, 0.9, 8)));
}

TEST_F(Drawing, FromTheSmallestSetIsGreedy) { EXPECT_TRUE(at::equal(draw(1.0, 1e-4, 7), draw(0.0, 1.0, 0))); }

TEST_F(Drawing, StaysAmongTheTokensThatHoldTheProbability) {
  const at::Tensor probabilities = at::softmax(model_.forward({prompt_, {}, {}, {}})[0][9] / 20.0, -1);
  const auto [sorted, places] = probabilities.sort(-1, true);
  std::set<std::int64_t> allowed;
  double sum = 0.0;
  for (std::int64_t i = 0; i < 97 && sum < 0.5; ++i) {
    allowed.insert(places[i].item<std::int64_t>());
    sum += sorted[i].item<double>();
  }
  std::set<std::int64_t> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    seen.insert(
        model_.generate({prompt_, {}, {}, {}}, {1, 20.0, 0.5, seed}).tokens[0][0].item<std::int32_t>());
  }
  for (const std::int64_t token : seen) EXPECT_TRUE(allowed.count(token) > 0) << token;
  EXPECT_GT(seen.size(), 1u);
}

TEST(Generate, EndsEachTextAtItsOwnEnd) {
  const at::Tensor prompts = random_tokens(97, 2 * 10, 5).view({2, 10});
  const auto free = random_model(tiny_config(), 11).generate({prompts, {}, {}, {}}, {6, 0.0, 1.0, 0});
  Config config = tiny_config();
  config.end_tokens = {free.tokens[0][2].item<std::int32_t>()};
  const auto found = random_model(config, 11).generate({prompts, {}, {}, {}}, {6, 0.0, 1.0, 0});
  const std::int64_t first = found.lengths[0].item<std::int32_t>();
  EXPECT_LE(first, 2);
  EXPECT_TRUE(at::equal(found.tokens[0].narrow(0, 0, first), free.tokens[0].narrow(0, 0, first)));
  EXPECT_EQ(
      found.tokens[0].narrow(0, first, found.tokens.size(1) - first).count_nonzero().item<std::int64_t>(), 0);
}

}  // namespace
}  // namespace gistmill::decoder::test
