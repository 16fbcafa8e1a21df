// Whole texts under a mask: what may be seen, where tokens stand, and gradients, against the plain model.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <gistmill/plugin/values.hpp>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/reference.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;

double largest_difference(const at::Tensor& found, const at::Tensor& expected) {
  return (found.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item<double>();
}

at::Tensor ones(std::int64_t batch, std::int64_t length) {
  return at::ones({batch, length, length}, at::kByte);
}

class EachFamily : public ::testing::TestWithParam<Config> {
 protected:
  Model model_ = random_model(GetParam(), 11);
  Reference reference_{model_.config(), model_.weights()};
  at::Tensor ids_ = random_tokens(97, 2 * 50, 5).view({2, 50});
};

TEST_P(EachFamily, GivesTheHiddenRowsOfThePlainModelWithAndWithoutAMask) {
  const at::Tensor plain = model_.hidden({ids_, {}, {}, {}});
  const at::Tensor masked = model_.hidden({ids_, ones(2, 50), {}, {}});
  for (std::int64_t i = 0; i < 2; ++i) {
    const at::Tensor expected = reference_.hidden(reference_.embed(ids_[i]), at::arange(50, at::kLong));
    EXPECT_LE(largest_difference(plain[i], expected), 2e-5);
    EXPECT_LE(largest_difference(masked[i], expected), 2e-5);
  }
}

TEST_P(EachFamily, GivesTheGradientOfThePlainModelToItsEmbeddings) {
  const at::Tensor embeddings = reference_.embed(ids_.flatten()).view({2, 50, 48});
  const at::Tensor weight = random_normal({2, 50, 97}, 3, at::kDouble);
  const at::Tensor found = embeddings.to(at::kFloat).requires_grad_(true);
  const at::Tensor logits = model_.forward({ids_, {}, {}, found});
  const auto grad = ::torch::autograd::grad({(logits * weight.to(at::kFloat)).sum()}, {found});
  for (std::int64_t i = 0; i < 2; ++i) {
    const at::Tensor plain = embeddings[i].clone().requires_grad_(true);
    const at::Tensor rows = reference_.hidden(plain, at::arange(50, at::kLong));
    const auto expected =
        ::torch::autograd::grad({(at::matmul(rows, reference_.head().t()) * weight[i]).sum()}, {plain});
    EXPECT_LE(((grad[0][i].to(at::kDouble) - expected[0]).norm() / expected[0].norm()).item<double>(), 1e-5);
  }
}

TEST_P(EachFamily, ReadsAPaddedTextAsTheTextAlone) {
  const at::Tensor text = ids_[0].narrow(0, 0, 37);
  const at::Tensor padded = at::cat({at::zeros({13}, at::kInt), text}).unsqueeze(0);
  at::Tensor mask = ones(1, 50);
  mask.narrow(2, 0, 13).zero_();
  const at::Tensor positions = (at::arange(50, at::kInt) - 13).clamp_min(0).unsqueeze(0);
  const at::Tensor found = model_.hidden({padded, mask, positions, {}})[0].narrow(0, 13, 37);
  EXPECT_LE(largest_difference(found, model_.hidden({text.unsqueeze(0), {}, {}, {}})[0]), 2e-5);
}

TEST_P(EachFamily, LetsNoTokenSeeItsFutureWhateverTheMaskSays) {
  const at::Tensor before = model_.hidden({ids_, ones(2, 50), {}, {}});
  at::Tensor changed = ids_.clone();
  changed[0][30] = (changed[0][30] + 1) % 97;
  const at::Tensor after = model_.hidden({changed, ones(2, 50), {}, {}});
  EXPECT_TRUE(at::equal(after[0].narrow(0, 0, 30), before[0].narrow(0, 0, 30)));
  EXPECT_FALSE(at::equal(after[0][30], before[0][30]));
  EXPECT_TRUE(at::equal(after[1], before[1]));
}

INSTANTIATE_TEST_SUITE_P(Batch, EachFamily,
                         ::testing::Values(tiny_config(), tiny_gpt2_config(), tiny_mixed_config(),
                                           tiny_gemma_config()),
                         [](const auto& instance) { return instance.param.architecture; });

// Rows behind the gist (tokens 20 and 21) see the gist and what follows, not the prompt before it.
TEST(GistMask, HidesThePromptButThroughTheGist) {
  const Model model = random_model(tiny_config(), 11);
  at::Tensor ids = random_tokens(97, 40, 5).unsqueeze(0);
  at::Tensor mask = ones(1, 40);
  mask.narrow(1, 22, 18).narrow(2, 0, 20).zero_();
  const at::Tensor before = model.hidden({ids, mask, {}, {}})[0];
  // With one layer nothing of the prompt could reach the last row; with three it does, through the gist.
  Config one_layer = tiny_config();
  one_layer.layers = 1;
  const Model shallow = random_model(one_layer, 11);
  const at::Tensor shallow_before = shallow.hidden({ids, mask, {}, {}})[0];
  ids[0][5] = (ids[0][5] + 1) % 97;
  EXPECT_FALSE(at::equal(model.hidden({ids, mask, {}, {}})[0][39], before[39]));
  EXPECT_TRUE(at::equal(shallow.hidden({ids, mask, {}, {}})[0][39], shallow_before[39]));
}

TEST(Batch, RefusesPositionsThatTheModelDoesNotKnow) {
  const Model model = random_model(tiny_config(), 11);
  const at::Tensor ids = random_tokens(97, 4, 5).unsqueeze(0);
  EXPECT_THROW(model.hidden({ids, {}, at::full({1, 4}, 640, at::kInt), {}}), Error);
  EXPECT_THROW(model.hidden({ids, {}, at::full({1, 4}, -1, at::kInt), {}}), Error);
}

TEST(Topk, HoldsTheMostProbableTokensAndWhatIsLeft) {
  const Model model = random_model(tiny_config(), 11);
  const Batch batch{random_tokens(97, 2 * 20, 5).view({2, 20}), {}, {}, {}};
  for (const double temperature : {1.0, 2.0}) {
    const at::Tensor scaled = model.forward(batch) / temperature;
    const auto top = model.topk(batch, 5, temperature);
    const auto [values, places] = at::log_softmax(scaled, -1).topk(5);
    EXPECT_TRUE(at::equal(top.ids, places.to(at::kInt)));
    EXPECT_LE(largest_difference(top.log_probability, values), 1e-5);
    EXPECT_LE(largest_difference(top.log_partition, at::logsumexp(scaled, -1)), 1e-5);
  }
}

TEST(Topk, OfTheWholeVocabularyLeavesNothing) {
  const Model model = random_model(tiny_config(), 11);
  const auto top = model.topk({random_tokens(97, 9, 5).unsqueeze(0), {}, {}, {}}, 97, 2.0);
  EXPECT_LE(largest_difference(top.log_probability.exp().sum(-1), at::ones({1, 9})), 1e-5);
  EXPECT_THROW(model.topk({random_tokens(97, 9, 5).unsqueeze(0), {}, {}, {}}, 98, 2.0), Error);
}

TEST(Score, IsTheNegativeLogLikelihoodOfEveryTokenButTheFirst) {
  const Model model = random_model(tiny_config(), 11);
  const Reference reference(model.config(), model.weights());
  const at::Tensor text = random_tokens(97, 300, 5);
  const at::Tensor rows = reference.hidden(reference.embed(text), at::arange(300, at::kLong));
  const at::Tensor expected = nll(rows.narrow(0, 0, 299), reference.head(), text.narrow(0, 1, 299));
  EXPECT_LE(largest_difference(model.score(text), expected), 1e-5 * expected.max().item<double>());
  EXPECT_EQ(model.score(text.narrow(0, 0, 1)).size(0), 0);
}

TEST(Score, OfATextWithGistsIsThatOfItsVectorsAtTheirPlaces) {
  const Model model = random_model(tiny_config(), 11);
  const Reference reference(model.config(), model.weights());
  const at::Tensor text = random_tokens(97, 40, 5);
  const at::Tensor positions = at::arange(40, at::kLong) + at::arange(40, at::kLong).clamp_max(2) * 31;
  const at::Tensor gist = at::randn({2, model.config().width});
  at::Tensor embeddings = reference.embed(text).clone();
  embeddings.narrow(0, 1, 2).copy_(gist);
  const at::Tensor rows = reference.hidden(embeddings, positions);
  const at::Tensor expected = nll(rows.narrow(0, 2, 37), reference.head(), text.narrow(0, 3, 37));
  Batch batch{text.unsqueeze(0), {}, positions.unsqueeze(0).to(at::kInt), {}};
  batch.gist = gist.unsqueeze(0);
  batch.gist_places = at::tensor({1, 2}, at::kInt).unsqueeze(0);
  EXPECT_LE(largest_difference(model.score(batch).narrow(0, 2, 37), expected),
            1e-5 * expected.max().item<double>());
}

}  // namespace
}  // namespace gistmill::decoder::test
