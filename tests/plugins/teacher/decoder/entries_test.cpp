// What a span leaves in keys and values, scored as kvpress does, and resumed from as transformers does
// (fixtures/make_kept.py).
#include "plugins/teacher/decoder/entries.hpp"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <gistmill/plugin/values.hpp>

#include "plugins/teacher/decoder/files/model_file.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/files/families.hpp"
#include "tests/plugins/teacher/decoder/reference.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

constexpr std::int64_t kSpan = 8;
constexpr std::int64_t kWindow = 3;   // of the fixture's attention
constexpr std::int64_t kFuture = 16;  // of its expected attention

double largest_difference(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_EQ(found.sizes(), expected.sizes());
  return (found - expected).abs().max().item<double>();
}

double relative(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

// [K, L, ..] of the fixture as [L, K, ..].
at::Tensor by_layer(const at::Tensor& tensor) { return tensor.transpose(0, 1).contiguous(); }

class KeptEntries : public testing::TestWithParam<std::string> {
 protected:
  at::Tensor fixture(const std::string& name) const {
    return load_tensor(families_folder() + "/../kept/" + GetParam() + ".safetensors", name);
  }
  static Model load() {
    const std::string architecture = GetParam() == "qwen3" ? "qwen3" : "llama";
    const auto file = open_model(families_folder() + "/" + GetParam(), {architecture});
    return Model(file->config(), load_weights(file->config(), file, at::kFloat), {}, kSpan,
                 /*keeps_queries=*/true);
  }
  Model model_ = load();
  at::Tensor starts_ = fixture("starts");
  std::shared_ptr<const Context> context_ = model_.read(fixture("ids"));
};

TEST_P(KeptEntries, HaveTheKeyNormsThatKvpressScores) {
  const at::Tensor norms = model_.entries(*context_, starts_).keys.norm(2, {4}).transpose(2, 3);
  EXPECT_LE(largest_difference(-norms, by_layer(fixture("key_norm"))), 1e-5);
}

TEST_P(KeptEntries, DifferFromTheMeanKeyAsKvpressScores) {
  const Entries entries = model_.entries(*context_, starts_);
  const at::Tensor cosine = at::cosine_similarity(entries.keys, entries.key_mean.unsqueeze(2), -1);
  EXPECT_LE(largest_difference(-cosine.transpose(2, 3), by_layer(fixture("key_difference"))), 1e-5);
}

// kvpress judges the entries before its window alone.
TEST_P(KeptEntries, TakeTheAttentionOfTheLastTokensAsKvpressScores) {
  const at::Tensor found = model_.attention(*context_, starts_).narrow(3, kSpan - kWindow, kWindow).mean(3);
  EXPECT_LE(largest_difference(found.narrow(3, 0, kSpan - kWindow),
                               by_layer(fixture("attention")).narrow(3, 0, kSpan - kWindow)),
            1e-5);
}

TEST_P(KeptEntries, AreExpectedToTakeTheAttentionThatKvpressScores) {
  const at::Tensor found = model_.expected_attention(*context_, starts_, kFuture);
  EXPECT_LE(largest_difference(found, by_layer(fixture("expected_attention"))), 1e-5);
}

TEST_P(KeptEntries, GiveTheRowsBehindTheSpanThatTransformersComputesFromThem) {
  const at::Tensor expected = fixture("hidden");  // [K, 6, D]
  const at::Tensor gist = at::empty({starts_.size(0), 0, model_.config().width});
  const at::Tensor offsets = at::empty({starts_.size(0), 0}, at::kInt);
  const at::Tensor found =
      model_.resume(*context_, starts_, gist, offsets, expected.size(1) + 1, by_layer(fixture("kept")));
  EXPECT_LE(largest_difference(found.narrow(1, 1, expected.size(1)), expected), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Of, KeptEntries, testing::Values("llama31", "qwen3", "llama2"));

class EntriesOfAModel : public testing::TestWithParam<Config (*)()> {
 protected:
  // Places of `count` entries for every layer, span and key head, other ones for each.
  at::Tensor places(std::int64_t count) const {
    const at::Tensor order =
        at::rand({model_.config().layers, spans_.size(0), model_.config().kv_heads, kSpan});
    return std::get<1>(order.sort(-1)).narrow(3, 0, count).to(at::kInt);
  }
  Model model_ = random_model(GetParam()(), 11, kSpan);
  at::Tensor tokens_ = random_tokens(model_.config().vocabulary, 90, 5);
  std::shared_ptr<const Context> context_ = model_.read(tokens_);
  at::Tensor spans_ = at::tensor({4, 30, 71}, at::kInt);
};

// With all entries kept nothing is lost, whatever their order.
TEST_P(EntriesOfAModel, GiveTheOriginalRowsWhereAllAreKept) {
  const at::Tensor gist = at::empty({3, 0, model_.config().width});
  const at::Tensor found =
      model_.resume(*context_, spans_, gist, at::empty({3, 0}, at::kInt), 9, places(kSpan));
  const at::Tensor expected = model_.original(*context_, spans_, 9);
  EXPECT_LE(largest_difference(found.narrow(1, 1, 8), expected.narrow(1, 1, 8)), 1e-4);
}

TEST_P(EntriesOfAModel, ChangeNothingWhereNoneIsKept) {
  const at::Tensor gist = gistmill::test::random_normal({3, 1, model_.config().width}, 7, at::kFloat);
  const at::Tensor offsets = at::full({3, 1}, kSpan - 1, at::kInt);
  EXPECT_TRUE(at::equal(model_.resume(*context_, spans_, gist, offsets, 9, places(0)),
                        model_.resume(*context_, spans_, gist, offsets, 9)));
}

// With all entries kept the gist stands behind the whole span: a full pass over a longer document.
TEST_P(EntriesOfAModel, GiveTheRowsAndTheGradientOfAFullPassWithTheGistBehindTheSpan) {
  const at::Tensor gist =
      gistmill::test::random_normal({3, 1, model_.config().width}, 7, at::kFloat).requires_grad_();
  const at::Tensor weights = gistmill::test::random_normal({9, model_.config().width}, 8, at::kFloat);
  const at::Tensor rows =
      model_.resume(*context_, spans_, gist, at::full({3, 1}, kSpan - 1, at::kInt), 9, places(kSpan));
  const Reference reference(model_.config(), model_.weights());
  for (std::int64_t k = 0; k < 3; ++k) {
    const auto end = spans_[k].item<std::int64_t>() + kSpan;
    const at::Tensor plain_gist = gist.detach()[k].to(at::kDouble).requires_grad_();
    const at::Tensor embeddings = reference.embed(tokens_);
    const at::Tensor plain_rows =
        reference
            .hidden(at::cat({embeddings.narrow(0, 0, end), plain_gist, embeddings.narrow(0, end, 8)}),
                    at::cat({at::arange(end, at::kLong), at::arange(end - 1, end + 8, at::kLong)}))
            .narrow(0, end, 9);
    EXPECT_LE(relative(rows.detach()[k], plain_rows.detach()), 1e-5) << "span " << k;
    const auto found =
        ::torch::autograd::grad({(rows[k] * weights).sum()}, {gist}, {}, /*retain_graph=*/true);
    const auto plain = ::torch::autograd::grad({(plain_rows * weights).sum()}, {plain_gist});
    EXPECT_LE(relative(found[0][k], plain[0]), 1e-5) << "span " << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, EntriesOfAModel,
                         testing::Values(tiny_config, tiny_gpt2_config, tiny_mixed_config,
                                         tiny_gemma_config));

// Layers 0 and 2 see the last 40 positions.
class EntriesBehindAWindow : public testing::Test {
 protected:
  Model model_{
      tiny_gemma_config(),
      load_weights(tiny_gemma_config(),
                   std::make_shared<MemorySource>(random_source(tiny_gemma_config(), 11)), at::kFloat),
      {},
      64,
      /*keeps_queries=*/true};
  std::shared_ptr<const Context> context_ = model_.read(random_tokens(97, 90, 5));
  at::Tensor spans_ = at::tensor({20}, at::kInt);
};

TEST_F(EntriesBehindAWindow, TakeAttentionFromTokensWithinItAlone) {
  const at::Tensor attention = model_.attention(*context_, spans_);  // [L, 1, J, S, S]
  for (std::int64_t layer = 0; layer < 3; ++layer) {
    const at::Tensor rows = attention[layer][0];
    EXPECT_EQ(rows.select(1, 63).narrow(1, 0, 24).count_nonzero().item<std::int64_t>() > 0, layer == 1)
        << layer;
    EXPECT_GT(rows.select(1, 63).narrow(1, 24, 40).min().item<float>(), 0.0f);
  }
}

TEST_F(EntriesBehindAWindow, AreNotExpectedToTakeAttentionFromBeyondIt) {
  try {
    model_.expected_attention(*context_, spans_, 8);
    ADD_FAILURE() << "was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.key, "future");
    EXPECT_EQ(
        std::string(error.what()),
        "expected_attention looks 92 tokens far when some layers of a gemma3_text model see only the last "
        "40; take attention, or shorter documents and a smaller future");
  }
}

class WrongEntries : public testing::Test {
 protected:
  void expect_refused(const at::Tensor& kept, const std::string& message) const {
    try {
      model_.resume(*context_, at::tensor({20}, at::kInt), at::empty({1, 0, model_.config().width}),
                    at::empty({1, 0}, at::kInt), 4, kept);
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
  }
  at::Tensor all(std::int64_t place) const {
    return at::full({model_.config().layers, 1, model_.config().kv_heads, 2}, place, at::kInt);
  }
  Model model_ = random_model(tiny_config(), 11, kSpan);
  std::shared_ptr<const Context> context_ = model_.read(random_tokens(97, 90, 5));
};

TEST_F(WrongEntries, AreRefusedOutsideOfTheSpan) { expect_refused(all(kSpan), "one is outside"); }
TEST_F(WrongEntries, AreRefusedWhereOneIsNamedTwice) { expect_refused(all(3), "one is named twice"); }

TEST_F(WrongEntries, AreNotScoredByAttentionWithoutQueries) {
  try {
    model_.attention(*context_, at::tensor({20}, at::kInt));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("set queries = true"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace gistmill::decoder::test
