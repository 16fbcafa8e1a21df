// The parts of the model around resume(): the full pass, recorded states, what is refused.
#include "plugins/teacher/decoder/model.hpp"

#include <gmock/gmock.h>

#include <gistmill/plugin/values.hpp>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/reference.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;
using ::testing::HasSubstr;

double relative(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

template <class Body>
void expect_refused(Body&& body, const std::string& key, const std::string& message) {
  try {
    body();
    ADD_FAILURE() << "was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, GM_ERROR_USER);
    EXPECT_EQ(error.key, key);
    EXPECT_THAT(error.what(), HasSubstr(message));
  }
}

TEST(FullPass, EqualsThePlainModelInEveryRecordedState) {
  const Model model = random_model(tiny_config(), 11, 8, at::kFloat, {0, 3, 1});
  const Reference reference(model.config(), model.weights());
  for (const std::int64_t length : {1, 2, 63, 64, 65, 300}) {
    SCOPED_TRACE(length);
    const at::Tensor tokens = random_tokens(97, length, 5);
    const auto context = model.read(tokens);
    std::vector<at::Tensor> states;
    const at::Tensor hidden =
        reference.hidden(reference.embed(tokens), at::arange(length, at::kLong), &states);
    EXPECT_LE(relative(context->last_hidden, hidden), 1e-5);
    ASSERT_EQ(context->states.sizes(), at::IntArrayRef({length, 3, 48}));
    EXPECT_LE(relative(context->states.select(1, 0), states[0]), 1e-7);
    EXPECT_LE(relative(context->states.select(1, 1), states[3]), 1e-5);
    EXPECT_LE(relative(context->states.select(1, 2), states[1]), 1e-5);
  }
}

TEST(FullPass, GivesLogitsOfEveryDocumentOfABatch) {
  const Model model = random_model(tiny_config(), 11);
  const Reference reference(model.config(), model.weights());
  const at::Tensor ids = at::stack({random_tokens(97, 70, 1), random_tokens(97, 70, 2)});
  const at::Tensor logits = model.forward({ids, {}, {}, {}});
  for (std::int64_t b = 0; b < 2; ++b) {
    const at::Tensor hidden = reference.hidden(reference.embed(ids[b]), at::arange(70, at::kLong));
    EXPECT_LE(relative(logits[b], at::matmul(hidden, reference.head().t())), 1e-5);
  }
}

TEST(FullPass, UsesAnOutputProjectionOfItsOwnWhereThereIsOne) {
  const auto source = std::make_shared<MemorySource>(random_source(tiny_config(), 11, /*own_head=*/true));
  const Model model(tiny_config(), load_weights(tiny_config(), source, at::kFloat), {}, 32);
  EXPECT_TRUE(at::equal(model.head(), source->tensors.at("output.weight")));
  EXPECT_FALSE(at::equal(model.head(), model.weights().embedding));
}

TEST(FullPass, SharesTheEmbeddingWhereTheModelTiesThem) {
  const Model model = random_model(tiny_config(), 11);
  EXPECT_TRUE(model.head().is_same(model.weights().embedding));
}

TEST(FullPass, IsTheSameInBf16WithinItsRounding) {
  const Model exact = random_model(tiny_config(), 11);
  const Model rounded = random_model(tiny_config(), 11, 32, at::kBFloat16);
  const at::Tensor tokens = random_tokens(97, 150, 5);
  EXPECT_LE(relative(rounded.read(tokens)->last_hidden, exact.read(tokens)->last_hidden.to(at::kDouble)),
            0.03);
}

TEST(Spans, HaveTheEmbeddingsAndStatesOfTheirTokens) {
  const Model model = random_model(tiny_config(), 11, 4, at::kFloat, {2});
  const at::Tensor tokens = random_tokens(97, 20, 5);
  const at::Tensor spans = at::tensor({0, 7, 16}, at::kInt);
  const at::Tensor embeddings = model.embed(tokens, spans);
  const auto context = model.read(tokens);
  const at::Tensor states = model.states(*context, spans);
  ASSERT_EQ(embeddings.sizes(), at::IntArrayRef({3, 4, 48}));
  ASSERT_EQ(states.sizes(), at::IntArrayRef({3, 4, 1, 48}));
  EXPECT_TRUE(at::equal(embeddings[1][2], model.weights().embedding[tokens[9].item<std::int32_t>()]));
  EXPECT_TRUE(at::equal(states[1][2], context->states[9]));
}

TEST(Spans, AreFollowedByTheRowsThatPredictTheirTargets) {
  const Model model = random_model(tiny_config(), 11, 4);
  const auto context = model.read(random_tokens(97, 20, 5));
  const at::Tensor rows = model.original(*context, at::tensor({3, 14}, at::kInt), 5);
  EXPECT_TRUE(at::equal(rows[0], context->last_hidden.narrow(0, 6, 5)));
  EXPECT_TRUE(at::equal(rows[1][2], context->last_hidden[19]));
  EXPECT_TRUE(at::equal(rows[1][4], context->last_hidden[19])) << "past the end the last row stands";
}

TEST(Scale, IsTheMeanAndTheMeanNormOfTheEmbeddingTable) {
  const Model model = random_model(tiny_config(), 11);
  const at::Tensor table = model.weights().embedding.to(at::kDouble);
  const auto [mean, norm] = model.scale();
  EXPECT_LE(relative(mean, table.mean(0)), 1e-6);
  EXPECT_NEAR(norm.item<double>(), table.norm(2, 1).mean().item<double>(), 1e-5);
}

TEST(Generate, TakesTheLikeliestTokenEachTime) {
  const Model model = random_model(tiny_config(), 11);
  at::Tensor text = random_tokens(97, 60, 5);
  const at::Tensor found = continued(model, text, 9);
  ASSERT_EQ(found.sizes(), at::IntArrayRef({9}));
  for (std::int64_t i = 0; i < 9; ++i) {
    const at::Tensor next =
        model.forward({text.unsqueeze(0), {}, {}, {}})[0][text.size(0) - 1].argmax().to(at::kInt);
    EXPECT_EQ(found[i].item<std::int32_t>(), next.item<std::int32_t>());
    text = at::cat({text, next.view({1})});
  }
}

TEST(Generate, StopsBeforeTheEndToken) {
  const at::Tensor prompt = random_tokens(97, 10, 5);
  const at::Tensor free = continued(random_model(tiny_config(), 11), prompt, 5);
  Config config = tiny_config();
  config.end_tokens = {free[2].item<std::int32_t>()};
  const at::Tensor found = continued(random_model(config, 11), prompt, 5);
  EXPECT_LE(found.size(0), 2);
  EXPECT_TRUE(at::equal(found, free.narrow(0, 0, found.size(0))));
}

class AModelRefuses : public ::testing::Test {
 protected:
  Model model_ = random_model(tiny_config(), 11, 8);
  at::Tensor tokens_ = random_tokens(97, 40, 5);
  std::shared_ptr<const Context> context_ = model_.read(tokens_);
  at::Tensor resume(std::int32_t start, std::int64_t gists, std::int32_t offset) const {
    return model_.resume(*context_, at::tensor({start}, at::kInt), at::zeros({1, gists, 48}),
                         at::full({1, gists}, offset, at::kInt), 4);
  }
};

TEST_F(AModelRefuses, DocumentsLongerThanItsContext) {
  expect_refused([&] { model_.read(random_tokens(97, 641, 1)); }, "tokens",
                 "a document of 641 tokens when the model reads 1 to 640");
  expect_refused([&] { model_.read(at::empty({0}, at::kInt)); }, "tokens", "a document of 0 tokens");
  expect_refused([&] { continued(model_, tokens_, 601); }, "ids",
                 "texts of 641 tokens when the model reads 1 to 640");
}

TEST_F(AModelRefuses, TokensThatItDoesNotKnow) {
  expect_refused(
      [&] {
        model_.read(at::tensor({5, 97}, at::kInt));
      },
      "tokens", "token 97 when the model knows 0 to 96");
  expect_refused(
      [&] {
        model_.forward({at::tensor({-1, 3}, at::kInt).unsqueeze(0), {}, {}, {}});
      },
      "tokens", "token -1 when the model knows 0 to 96");
}

TEST_F(AModelRefuses, SpansOutsideTheDocument) {
  const std::string message = "when it should lie within the document's 40 tokens";
  expect_refused([&] { model_.embed(tokens_, at::tensor({33}, at::kInt)); }, "spans", message);
  expect_refused([&] { model_.states(*context_, at::tensor({-1}, at::kInt)); }, "spans", message);
  expect_refused([&] { model_.original(*context_, at::tensor({33}, at::kInt), 2); }, "spans", message);
  expect_refused([&] { resume(33, 1, 0); }, "spans", "a span of 8 tokens starts at 33");
}

TEST_F(AModelRefuses, OffsetsOutsideTheSpan) {
  expect_refused([&] { resume(8, 1, 8); }, "offsets", "outside [0, 8)");
  expect_refused([&] { resume(8, 1, -1); }, "offsets", "outside [0, 8)");
}

TEST_F(AModelRefuses, ToDropASpanAtTheStartOfTheDocument) {
  expect_refused([&] { resume(0, 0, 0); }, "spans", "a span without a gist must start at 1 or later");
  EXPECT_EQ(resume(1, 0, 0).sizes(), at::IntArrayRef({1, 4, 48}));
}

TEST_F(AModelRefuses, RecordedLayersThatItDoesNotHave) {
  for (const std::int64_t layer : {-1, 4}) {
    expect_refused(
        [&] {
          random_model(tiny_config(), 1, 8, at::kFloat, {0, layer});
        },
        "layers", "layers names " + std::to_string(layer) + " when it should name 0 (the embedding) to 3");
  }
}

TEST_F(AModelRefuses, SizesThatDoNotFitTogether) {
  const auto expect = [](auto change, const std::string& message) {
    Config config = tiny_config();
    change(config);
    expect_refused([&] { check(config); }, "model", message);
  };
  expect([](Config& config) { config.kv_heads = 4; },
         "the number of heads is 6 when it should be a multiple");
  expect([](Config& config) { config.head_size = 3; }, "the size of a head is 3 when it should be even");
  expect([](Config& config) { config.head_size = 10; },
         "the number of rotary frequencies is 4 when it should be 5");
  expect([](Config& config) { config.unrotated_layers = {3}; },
         "a layer without rotary positions is 3 when it should be 0 to 2");
  expect([](Config& config) { config.layers = 0; }, "the number of layers is 0 when it should be 1 or more");
  expect([](Config& config) { config.norm_epsilon = 0.0; }, "when it should be above 0");
}

TEST(NoSpans, GiveEmptyResults) {
  const Model model = random_model(tiny_config(), 11, 8, at::kFloat, {1});
  const at::Tensor tokens = random_tokens(97, 40, 5);
  const auto context = model.read(tokens);
  const at::Tensor none = at::empty({0}, at::kInt);
  EXPECT_EQ(model.embed(tokens, none).sizes(), at::IntArrayRef({0, 8, 48}));
  EXPECT_EQ(model.states(*context, none).sizes(), at::IntArrayRef({0, 8, 1, 48}));
  EXPECT_EQ(model.original(*context, none, 4).sizes(), at::IntArrayRef({0, 4, 48}));
  EXPECT_EQ(model.resume(*context, none, at::empty({0, 1, 48}), at::empty({0, 1}, at::kInt), 4).sizes(),
            at::IntArrayRef({0, 4, 48}));
}

}  // namespace
}  // namespace gistmill::decoder::test
