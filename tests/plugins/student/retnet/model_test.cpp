// The model: whole texts against the paper's form, generation against whole texts, what is remembered.
#include "plugins/student/retnet/model.hpp"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <gistmill/plugin/values.hpp>

#include "tests/plugins/student/retnet/reference.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/network_parameters.hpp"

namespace gistmill::retnet {
namespace {

using gistmill::test::NetworkParameters;
using test::Choice;
using test::distance;

at::Tensor ids_of(std::int64_t texts, std::int64_t length) {
  return at::remainder(at::arange(texts * length).view({texts, length}).square() + 3, 19);
}

class RetNetModel : public ::testing::TestWithParam<Choice> {
 protected:
  RetNetModel() : weights_(make_weights(config_, parameters_.builder())), model_(config_, weights_) {
    parameters_.perturb();
  }
  const at::NoGradGuard no_grad_;
  Config config_ = GetParam().config;
  NetworkParameters parameters_;
  Weights weights_;
  Model model_;
};

TEST_P(RetNetModel, EqualsThePapersInEveryForm) {
  const at::Tensor ids = ids_of(2, 11);
  const at::Tensor expected = test::reference_hidden(config_, weights_, ids);
  for (const Form form : {Form::kChunkwise, Form::kParallel, Form::kRecurrent}) {
    config_.form = form;
    EXPECT_LT(distance(Model(config_, weights_).hidden(ids), expected), 1e-12);
  }
}

TEST_P(RetNetModel, OfDocumentsInOneTextIsThatOfEachAloneInEveryForm) {
  const at::Tensor ids = ids_of(2, 11);
  const at::Tensor begins = test::begins_of({{0, 4, 5}, {7}}, 11);
  const at::Tensor expected = test::apart(ids, begins, [&](const at::Tensor& document) {
    return test::reference_hidden(config_, weights_, document);
  });
  for (const Form form : {Form::kChunkwise, Form::kParallel, Form::kRecurrent}) {
    config_.form = form;
    EXPECT_LT(distance(Model(config_, weights_).hidden(ids, {}, begins), expected), 1e-12);
  }
  EXPECT_THROW(model_.hidden(ids, {}, begins.narrow(1, 0, 8)), Error);
}

TEST_P(RetNetModel, IsTheSameTokenByTokenAndInPieces) {
  const at::Tensor ids = ids_of(2, 11);
  const at::Tensor expected = model_.hidden(ids);
  for (const std::int64_t piece : {1, 4, 6}) {
    State state;
    std::vector<at::Tensor> rows;
    for (const at::Tensor& some : ids.split(piece, 1)) rows.push_back(model_.extend(some, {}, state));
    EXPECT_LT(distance(at::cat(rows, 1), expected), 1e-12) << "pieces of " << piece;
    EXPECT_TRUE(state.tokens.eq(11).all().item<bool>());
  }
}

TEST_P(RetNetModel, PaddingChangesNothing) {
  const at::Tensor ids = ids_of(1, 7);
  const at::Tensor expected = model_.hidden(ids);
  const at::Tensor filler = at::full({1, 3}, 5, at::kLong);
  const at::Tensor ones = at::ones({1, 7}, at::kByte);
  const at::Tensor zeros = at::zeros({1, 3}, at::kByte);
  const at::Tensor left = model_.hidden(at::cat({filler, ids}, 1), at::cat({zeros, ones}, 1));
  const at::Tensor right = model_.hidden(at::cat({ids, filler}, 1), at::cat({ones, zeros}, 1));
  EXPECT_LT(distance(left.narrow(1, 3, 7), expected), 1e-12);
  EXPECT_LT(distance(right.narrow(1, 0, 7), expected), 1e-12);
  EXPECT_TRUE(left.isfinite().all().item<bool>());
  EXPECT_TRUE(right.isfinite().all().item<bool>());
}

TEST_P(RetNetModel, GeneratesTheMostProbableTokenOfTheWholeText) {
  const at::Tensor prompt = ids_of(1, 5);
  const Model::Generated generated = model_.generate(prompt, {}, {6, 0.0, 1.0, 1});
  at::Tensor text = prompt;
  for (std::int64_t step = 0; step < 6; ++step) {
    const at::Tensor next = model_.logits(model_.hidden(text)).select(1, text.size(1) - 1).argmax(-1);
    EXPECT_EQ(generated.tokens[0][step].item<std::int64_t>(), next.item<std::int64_t>()) << "step " << step;
    text = at::cat({text, next.unsqueeze(1)}, 1);
  }
}

TEST_P(RetNetModel, GeneratesOfARowPaddedOnTheLeftWhatItDoesAlone) {
  const at::Tensor alone = model_.generate(ids_of(1, 5), {}, {6, 0.0, 1.0, 1}).tokens;
  const at::Tensor padded = at::cat({at::zeros({1, 2}, at::kLong), ids_of(1, 5)}, 1);
  const at::Tensor mask = at::tensor({0, 0, 1, 1, 1, 1, 1}).to(at::kByte).unsqueeze(0);
  const at::Tensor both = at::cat({padded, ids_of(2, 7).narrow(0, 1, 1)});
  const auto generated =
      model_.generate(both, at::cat({mask, at::ones({1, 7}, at::kByte)}), {6, 0.0, 1.0, 1});
  EXPECT_TRUE(at::equal(generated.tokens.narrow(0, 0, 1), alone));
}

INSTANTIATE_TEST_SUITE_P(Choices, RetNetModel, ::testing::ValuesIn(test::choices()),
                         [](const auto& choice) { return choice.param.name; });

class SmallRetNet : public ::testing::Test {
 protected:
  Model model(std::int64_t end = -1) {
    Config config = test::small();
    if (end >= 0) config.end_tokens = {end};
    return {config, make_weights(config, parameters_.builder())};
  }
  const at::NoGradGuard no_grad_;
  NetworkParameters parameters_;
};

std::int64_t bytes_of(const State& state) {
  std::int64_t bytes = static_cast<std::int64_t>(state.tokens.nbytes());
  for (const Memory& memory : state.layers) bytes += static_cast<std::int64_t>(memory.values.nbytes());
  return bytes;
}

TEST_F(SmallRetNet, RemembersInTheSameBytesHoweverLongTheText) {
  const Model retnet = model();
  State state;
  retnet.extend(ids_of(1, 3), {}, state);
  const std::int64_t before = bytes_of(state);
  EXPECT_EQ(before, 8 + 2 * 3 * 4 * 5 * 8);  // tokens; layers, heads, keys, values, f64
  retnet.extend(ids_of(1, 2000), {}, state);
  EXPECT_EQ(bytes_of(state), before);
  EXPECT_EQ(state.tokens.item<std::int64_t>(), 2003);
}

TEST_F(SmallRetNet, StopsBeforeAnEndToken) {
  const at::Tensor free = model().generate(ids_of(1, 5), {}, {8, 0.0, 1.0, 1}).tokens;
  const std::int64_t third = free[0][2].item<std::int64_t>();
  const std::int64_t first = free[0].eq(third).nonzero()[0].item<std::int64_t>();
  const Model::Generated cut = model(third).generate(ids_of(1, 5), {}, {8, 0.0, 1.0, 1});
  EXPECT_EQ(cut.lengths.item<std::int64_t>(), first);
  EXPECT_TRUE(at::equal(cut.tokens, free.narrow(1, 0, first)));
}

TEST_F(SmallRetNet, SamplesTheSameForTheSameSeedOnly) {
  const Model retnet = model();
  const auto sampled = [&](std::uint64_t seed) {
    return retnet.generate(ids_of(1, 5), {}, {20, 1.0, 0.9, seed}).tokens;
  };
  EXPECT_TRUE(at::equal(sampled(3), sampled(3)));
  EXPECT_FALSE(at::equal(sampled(3), sampled(4)));
}

TEST_F(SmallRetNet, ScoresEveryTokenButTheFirst) {
  const Model retnet = model();
  const at::Tensor ids = ids_of(1, 9)[0].to(at::kInt);
  const at::Tensor logits = retnet.logits(retnet.hidden(ids.unsqueeze(0)))[0];
  const at::Tensor expected = -at::log_softmax(logits, -1)
                                   .narrow(0, 0, 8)
                                   .gather(1, ids.narrow(0, 1, 8).to(at::kLong).unsqueeze(1))
                                   .squeeze(1);
  EXPECT_TRUE(at::allclose(retnet.score(ids).to(at::kDouble), expected, 1e-6, 1e-6));
}

TEST_F(SmallRetNet, GivesTheMostProbableTokensAtTheTemperature) {
  const Model retnet = model();
  const at::Tensor all = at::log_softmax(retnet.logits(retnet.hidden(ids_of(2, 5))) / 2.0, -1);
  const Model::Top top = retnet.topk(ids_of(2, 5), {}, 19, 2.0);
  EXPECT_TRUE(
      at::allclose(all.gather(2, top.ids.to(at::kLong)), top.log_probability.to(at::kDouble), 1e-5, 1e-5));
  EXPECT_THROW(retnet.topk(ids_of(2, 5), {}, 20, 2.0), Error);
}

TEST_F(SmallRetNet, RefusesATokenBeyondItsVocabulary) {
  try {
    model().hidden(at::full({1, 2}, 19));
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "token 19 is not in the vocabulary of 19");
  }
}

}  // namespace
}  // namespace gistmill::retnet
