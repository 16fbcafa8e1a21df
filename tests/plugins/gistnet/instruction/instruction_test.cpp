// gistnet/instruction-mean through the ABI: whose tokens, in which parts, and what is refused.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

constexpr std::int64_t kHidden = 5;

PluginDriver pool(std::int64_t k, bool centered) {
  return {GISTNET_INSTRUCTION_PLUGIN,
          "gistnet/instruction-mean",
          {{"k", k}, {"centered", centered}},
          {{"G", k}, {"D", kHidden}}};
}

class InstructionMean : public ::testing::Test {
 protected:
  at::Tensor gist(std::int64_t k, bool centered, const at::Tensor& lengths) const {
    PluginDriver driver = pool(k, centered);
    return driver.forward(1,
                          {embeddings_, lengths, at::zeros({lengths.size(0), k}, at::kInt), mean_, norm_})[0];
  }
  at::Tensor part(std::int64_t begin, std::int64_t end) const {
    return embeddings_.slice(0, begin, end).mean({0, 1});
  }

  at::Tensor embeddings_ = 1 + random_normal({7, 1, kHidden}, 1, at::kFloat);
  at::Tensor lengths_ = at::tensor({2, 5}, at::kInt);
  at::Tensor mean_ = at::ones({kHidden});
  at::Tensor norm_ = at::scalar_tensor(2.78, at::kFloat);
};

TEST_F(InstructionMean, TakesTheTokensOfEachInstructionWithoutWhatFillsItUp) {
  PluginDriver driver = pool(1, true);
  const auto out = driver.forward(
      0, {at::tensor({7, 8, 0, 9, 0, 4}, at::kInt).view({2, 3}), at::tensor({2, 3}, at::kInt)});
  EXPECT_TRUE(at::equal(out[0], at::tensor({7, 8, 9, 0, 4}, at::kInt))) << "a token may be 0";
  EXPECT_TRUE(at::equal(out[1], at::arange(5, at::kInt)));
}

TEST_F(InstructionMean, IsTheMeanOfEachInstruction) {
  const at::Tensor found = gist(1, false, lengths_);
  EXPECT_TRUE(at::allclose(found[0][0], part(0, 2)));
  EXPECT_TRUE(at::allclose(found[1][0], part(2, 7)));
}

TEST_F(InstructionMean, HasAMeanForEachPart) {
  const at::Tensor found = gist(2, false, lengths_);
  EXPECT_TRUE(at::allclose(found[0][0], part(0, 1)));
  EXPECT_TRUE(at::allclose(found[0][1], part(1, 2)));
  EXPECT_TRUE(at::allclose(found[1][0], part(2, 4)));
  EXPECT_TRUE(at::allclose(found[1][1], part(4, 7)));
}

TEST_F(InstructionMean, RepeatsTokensWhereThereAreFewerThanGists) {
  const at::Tensor found = gist(4, false, lengths_);
  EXPECT_TRUE(at::allclose(found[0][0], part(0, 1)));
  EXPECT_TRUE(at::allclose(found[0][3], part(1, 2)));
}

TEST_F(InstructionMean, CenteredPointsAwayFromTheMeanWithAnEmbeddingsNorm) {
  const at::Tensor found = gist(1, true, lengths_);
  EXPECT_TRUE(at::allclose(found.norm(2, -1), norm_.expand({2, 1}), 1e-5));
  EXPECT_TRUE(at::allclose(at::cosine_similarity(found[1][0], part(2, 7) - mean_, 0), at::ones({}), 1e-5));
}

TEST_F(InstructionMean, OfTheLastTokensKeepsThemAsTheyAre) {
  PluginDriver driver(GISTNET_INSTRUCTION_PLUGIN, "gistnet/instruction-last", {{"k", std::int64_t{3}}},
                      {{"G", 3}, {"D", kHidden}});
  const at::Tensor found = driver.forward(1, {embeddings_, lengths_, at::zeros({2, 3}, at::kInt)})[0];
  EXPECT_TRUE(at::equal(found[1], embeddings_.slice(0, 4, 7).select(1, 0)));
  EXPECT_TRUE(at::equal(found[0], at::stack({embeddings_[0][0], embeddings_[0][0], embeddings_[1][0]})))
      << "of two tokens the first is there twice";
}

TEST_F(InstructionMean, OfSpansOfOneLengthAnyNetworkCanMakeVectors) {
  PluginDriver driver(GISTNET_INSTRUCTION_PLUGIN, "gistnet/instruction-spans",
                      {{"k", std::int64_t{2}}, {"length", std::int64_t{2}}},
                      {{"G", 2}, {"P", 2}, {"D", kHidden}});
  const at::Tensor spans = driver.forward(1, {embeddings_, lengths_})[0];
  ASSERT_EQ(spans.sizes(), (std::vector<std::int64_t>{4, 2, kHidden}))
      << "of two instructions two parts each";
  EXPECT_TRUE(at::allclose(spans[0][0], part(0, 1)));
  EXPECT_TRUE(at::allclose(spans[0][1], part(0, 1))) << "of one token both rows are it";
  EXPECT_TRUE(at::allclose(spans[2][0], part(2, 3)));
  EXPECT_TRUE(at::allclose(spans[3][1], part(5, 7))) << "of three tokens in two rows one is a mean";
  const at::Tensor places = at::zeros({2, 2}, at::kInt);
  const at::Tensor compressed = random_normal({4, 1, kHidden}, 3, at::kFloat);
  const auto placed = driver.forward_and_vjp(2, {compressed, places}, {1, 0}, {at::ones({2, 2, kHidden})});
  EXPECT_TRUE(at::equal(placed.outputs[0], compressed.view({2, 2, kHidden})));
  EXPECT_TRUE(at::equal(placed.gradients[0], at::ones({4, 1, kHidden})));
}

TEST_F(InstructionMean, NamesTheRowWithoutAnInstruction) {
  try {
    gist(1, true, at::tensor({7, 0}, at::kInt));
    FAIL() << "nothing was thrown";
  } catch (const Refused& refused) {
    EXPECT_THAT(refused.what(), ::testing::HasSubstr("row 2 of the batch has an instruction of 0 tokens"));
  }
}

}  // namespace
}  // namespace gistmill::test
