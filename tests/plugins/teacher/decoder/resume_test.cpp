// What the shared prefix must not change: a replaced span gives the same numbers and gradients as a full pass
// over the replaced document, span by span.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <gistmill/plugin/work.hpp>

#include "plugins/teacher/decoder/trainable.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/teacher/decoder/reference.hpp"
#include "tests/plugins/teacher/decoder/small_models.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;

constexpr std::int64_t kLength = 352;
constexpr std::int64_t kSpan = 32;

double relative(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

// One document, several spans, each replaced alone.
class Resume {
 public:
  Resume(std::vector<std::int32_t> starts, std::int64_t gists, std::int64_t horizon,
         const Config& config = tiny_config())
      : model_(random_model(config, 11, kSpan)),
        reference_(model_.config(), model_.weights()),
        tokens_(random_tokens(model_.config().vocabulary, kLength, 5)),
        context_(model_.read(tokens_)),
        spans_(at::tensor(starts, at::kInt)),
        horizon_(horizon),
        gist_(random_normal({spans_.size(0), gists, model_.config().width}, 7, at::kFloat)),
        offsets_(at::linspace(0, kSpan - 1, gists).to(at::kInt).expand({spans_.size(0), gists})) {}

  // NLL of every existing target after the span, with the span and with its gist, and the gradient of the sum
  // of their differences to the gist: within 1e-5 of full passes over the document and the replaced document.
  void expect_equals_full_passes() {
    const at::Tensor gist = gist_.clone().requires_grad_(gist_.numel() > 0);
    const at::Tensor replaced = model_.resume(*context_, spans_, gist, offsets_, horizon_);
    const at::Tensor original = model_.original(*context_, spans_, horizon_);
    ASSERT_EQ(replaced.sizes(), original.sizes());
    EXPECT_TRUE(at::isfinite(replaced).all().item<bool>());
    for (std::int64_t k = 0; k < spans_.size(0); ++k) {
      SCOPED_TRACE(testing::Message() << "span at " << start(k));
      const at::Tensor with_gist =
          nll(replaced[k].narrow(0, 0, targets(k).size(0)), model_.head(), targets(k));
      const at::Tensor with_span =
          nll(original[k].narrow(0, 0, targets(k).size(0)), model_.head(), targets(k));
      const at::Tensor plain_gist = gist_[k].to(at::kDouble).requires_grad_(gist_.numel() > 0);
      const at::Tensor plain_with_gist = plain_nll_replaced(k, plain_gist);
      const at::Tensor plain_with_span = plain_nll_original(k);
      EXPECT_LE(relative(with_gist.detach(), plain_with_gist.detach()), 1e-5);
      EXPECT_LE(relative(with_span, plain_with_span), 1e-5);
      if (gist_.numel() == 0) continue;
      const auto plain_grad =
          ::torch::autograd::grad({(plain_with_gist - plain_with_span).sum()}, {plain_gist});
      const auto found =
          ::torch::autograd::grad({(with_gist - with_span).sum()}, {gist}, {}, /*retain_graph=*/true);
      EXPECT_LE(relative(found[0][k], plain_grad[0]), 1e-5);
      found[0][k].zero_();
      EXPECT_EQ(found[0].count_nonzero().item<std::int64_t>(), 0) << "another span's gist has a gradient";
    }
  }

 private:
  std::int64_t start(std::int64_t k) const { return spans_[k].item<std::int32_t>(); }
  // The targets of span k that exist.
  at::Tensor targets(std::int64_t k) const {
    const std::int64_t first = start(k) + kSpan;
    return tokens_.narrow(0, first, std::min(horizon_, kLength - first));
  }
  at::Tensor plain_nll_original(std::int64_t k) const {
    const at::Tensor rows = reference_.hidden(reference_.embed(tokens_), at::arange(kLength, at::kLong));
    return nll(rows.narrow(0, start(k) + kSpan - 1, targets(k).size(0)), reference_.head(), targets(k));
  }
  at::Tensor plain_nll_replaced(std::int64_t k, const at::Tensor& gist) const {
    const Replaced document = replace_span(reference_, tokens_, start(k), kSpan, gist, offsets_[k]);
    const at::Tensor rows = reference_.hidden(document.embeddings, document.positions);
    return nll(rows.narrow(0, start(k) + gist.size(0) - 1, targets(k).size(0)), reference_.head(),
               targets(k));
  }

  Model model_;
  Reference reference_;
  at::Tensor tokens_;
  std::shared_ptr<const Context> context_;
  at::Tensor spans_;
  std::int64_t horizon_;
  at::Tensor gist_;
  at::Tensor offsets_;
};

TEST(ResumeAfterASpan, EqualsTwoFullPassesAtTheFirstMiddleAndLastPositions) {
  Resume({0, 32, 64, 257, 300, kLength - kSpan - 1}, 1, 20).expect_equals_full_passes();
}
TEST(ResumeAfterASpan, EqualsTwoFullPassesWhereOnlyPartOfTheHorizonIsLeft) {
  Resume({288, 310, 319}, 1, 12).expect_equals_full_passes();
}
TEST(ResumeAfterASpan, EqualsTwoFullPassesForHorizonsLongerThanATile) {
  Resume({0, 100, 200}, 1, 120).expect_equals_full_passes();
}
TEST(ResumeAfterASpan, EqualsTwoFullPassesForOneTarget) { Resume({5, 96}, 1, 1).expect_equals_full_passes(); }
TEST(ResumeAfterASpan, EqualsTwoFullPassesForTwoVectorsASpan) {
  Resume({0, 64, 250}, 2, 16).expect_equals_full_passes();
}
TEST(ResumeAfterASpan, EqualsTwoFullPassesForFourVectorsASpan) {
  Resume({0, 64, 250}, 4, 16).expect_equals_full_passes();
}
TEST(ResumeAfterASpan, EqualsTwoFullPassesForADroppedSpan) {
  Resume({1, 64, 250}, 0, 16).expect_equals_full_passes();
}
TEST(ResumeAfterASpan, EqualsTwoFullPassesForADroppedSpanAndOneTarget) {
  Resume({1, 250}, 0, 1).expect_equals_full_passes();
}
TEST(ResumeAfterASpan, EqualsTwoFullPassesForManyOverlappingSpans) {
  std::vector<std::int32_t> starts;
  for (std::int32_t start = 0; start + kSpan < kLength; start += 9) starts.push_back(start);
  Resume(starts, 1, 4).expect_equals_full_passes();
}

TEST(ResumeAfterASpan, EqualsTwoFullPassesWherePositionsAreLearned) {
  Resume({0, 64, 300}, 1, 16, tiny_gpt2_config()).expect_equals_full_passes();
  Resume({64, 300}, 3, 16, tiny_gpt2_config()).expect_equals_full_passes();
}
TEST(ResumeAfterASpan, EqualsTwoFullPassesWhereALayerDoesNotRotateAndHeadsAreNormalized) {
  Resume({0, 64, 300}, 1, 16, tiny_mixed_config()).expect_equals_full_passes();
  Resume({64, 300}, 0, 16, tiny_mixed_config()).expect_equals_full_passes();
}

// Windows of 40 positions: rows whose prefix reaches beyond it, whose gist does, and whose own first rows do.
TEST(ResumeAfterASpan, EqualsTwoFullPassesWhereLayersHaveAWindow) {
  Resume({0, 32, 64, 257, 300, kLength - kSpan - 1}, 1, 20, tiny_gemma_config()).expect_equals_full_passes();
  Resume({64, 200}, 4, 120, tiny_gemma_config()).expect_equals_full_passes();
  Resume({1, 64, 300}, 0, 16, tiny_gemma_config()).expect_equals_full_passes();
}

// A span of one token, replaced by its own embedding in its own place: nothing changes.
TEST(ResumeAfterASpan, ChangesNothingWhereATokenStandsForItself) {
  const Model model = random_model(tiny_config(), 3, /*span=*/1);
  const at::Tensor tokens = random_tokens(model.config().vocabulary, 200, 4);
  const auto context = model.read(tokens);
  const at::Tensor spans = at::tensor({0, 1, 63, 64, 130, 198}, at::kInt);
  const at::Tensor gist = model.embed(tokens, spans);
  const at::Tensor replaced = model.resume(*context, spans, gist, at::zeros({6, 1}, at::kInt), 1);
  const at::Tensor original = model.original(*context, spans, 1);
  EXPECT_LE(relative(replaced, original.to(at::kDouble)), 2e-6);
}

class LaterToken : public ::testing::Test {
 protected:
  // The document with another token at `place`.
  at::Tensor changed(std::int64_t place) const {
    at::Tensor tokens = tokens_.clone();
    tokens[place] = (tokens[place] + 1) % model_.config().vocabulary;
    return tokens;
  }
  Model model_ = random_model(tiny_config(), 3, kSpan);
  at::Tensor tokens_ = random_tokens(model_.config().vocabulary, 200, 4);
  at::Tensor spans_ = at::tensor({0, 64, 100}, at::kInt);
  at::Tensor gist_ = random_normal({3, 1, model_.config().width}, 7, at::kFloat);
  at::Tensor offsets_ = at::full({3, 1}, kSpan - 1, at::kInt);
};

TEST_F(LaterToken, NeverChangesAnEarlierRowOfAFullPass) {
  const at::Tensor before = model_.read(tokens_)->last_hidden;
  for (const std::int64_t place : {1, 63, 64, 65, 128, 199}) {
    const at::Tensor after = model_.read(changed(place))->last_hidden;
    EXPECT_TRUE(at::equal(after.narrow(0, 0, place), before.narrow(0, 0, place))) << "token " << place;
    EXPECT_FALSE(at::equal(after[place], before[place])) << "token " << place;
  }
}

TEST_F(LaterToken, NeverChangesAnEarlierRowAfterASpan) {
  constexpr std::int64_t kHorizon = 16;
  const at::Tensor before = model_.resume(*model_.read(tokens_), spans_, gist_, offsets_, kHorizon);
  const std::int64_t start = 64;
  for (const std::int64_t i : {0, 1, 7, 14}) {  // row r sees x up to s + S + r - 1
    const at::Tensor after =
        model_.resume(*model_.read(changed(start + kSpan + i)), spans_, gist_, offsets_, kHorizon);
    EXPECT_TRUE(at::equal(after[1].narrow(0, 0, i + 1), before[1].narrow(0, 0, i + 1))) << "input " << i;
    EXPECT_FALSE(at::equal(after[1][i + 1], before[1][i + 1])) << "input " << i;
  }
}

TEST_F(LaterToken, OfTheSpanItselfChangesNothing) {
  const at::Tensor before = model_.resume(*model_.read(tokens_), spans_, gist_, offsets_, 16);
  const at::Tensor after = model_.resume(*model_.read(changed(64 + 3)), spans_, gist_, offsets_, 16);
  EXPECT_TRUE(at::equal(after[1], before[1]));
}

TEST(ResumeAfterASpan, LeavesTheWeightsAsTheyAreAndWithoutGradients) {
  const Model model = random_model(tiny_config(), 3, kSpan);
  std::vector<at::Tensor> all;
  Weights weights = model.weights();
  replace_weights(weights, [&](const std::string&, const at::Tensor& tensor, bool) {
    all.push_back(tensor);
    return tensor;
  });
  ASSERT_EQ(all.size(), 2u + 3u * 6u);
  std::vector<at::Tensor> copies;
  for (const at::Tensor& one : all) copies.push_back(one.clone());
  const auto context = model.read(random_tokens(97, 200, 4));
  const at::Tensor gist = random_normal({2, 1, 48}, 1, at::kFloat).requires_grad_(true);
  const at::Tensor out =
      model.resume(*context, at::tensor({32, 64}, at::kInt), gist, at::zeros({2, 1}, at::kInt), 8);
  at::matmul(out, model.head().t()).logsumexp(2).sum().backward();
  EXPECT_GT(gist.grad().abs().sum().item<double>(), 0.0);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(at::equal(all[i], copies[i]));
    EXPECT_FALSE(all[i].requires_grad());
    EXPECT_FALSE(all[i].grad().defined());
  }
}

// The floor of the work: 4 N a row of a span, attention over prefix and own rows, nothing for the prefix.
TEST(ResumeAfterASpan, CountsTheWorkThatTheFormulaNeeds) {
  const Config config = tiny_config();
  const Model model = random_model(config, 3, kSpan);
  const at::Tensor tokens = random_tokens(97, 200, 4);
  const double matrices =
      static_cast<double>(config.layers) *
      static_cast<double>(config.width * (config.query_width() + 2 * config.key_width()) +
                          config.query_width() * config.width + 3 * config.width * config.feed_forward);
  const double pair = 2.0 * static_cast<double>(config.layers * config.query_width());
  gm_work work = gistmill::detail::empty_work();
  std::shared_ptr<const Context> context;
  {
    const gistmill::detail::WorkScope scope(&work);
    context = model.read(tokens);
  }
  EXPECT_DOUBLE_EQ(work.flops, 2 * matrices * 200 + 2 * pair * 200 * 201 / 2);
  work = gistmill::detail::empty_work();
  gm_work backward = work;
  const at::Tensor gist = random_normal({2, 1, 48}, 1, at::kFloat).requires_grad_(true);
  {
    const gistmill::detail::WorkScope scope(&work);
    const gistmill::detail::BackwardScope later(&backward);
    model.resume(*context, at::tensor({32, 64}, at::kInt), gist, at::zeros({2, 1}, at::kInt), 8);
  }
  const double own = 2 * 8 * 9 / 2;
  const double prefix = 8 * (32 + 64);
  EXPECT_DOUBLE_EQ(work.flops, 2 * matrices * 16 + 2 * pair * (prefix + own));
  EXPECT_DOUBLE_EQ(backward.flops, 2 * matrices * 16 + pair * (2 * prefix + 4 * own));
}

TEST(ResumeAfterASpan, KeepsNoTapeWhereNoGradientIsAsked) {
  const Model model = random_model(tiny_config(), 3, kSpan);
  const auto context = model.read(random_tokens(97, 100, 4));
  const at::Tensor gist = random_normal({1, 1, 48}, 1, at::kFloat);
  EXPECT_FALSE(model.resume(*context, at::tensor({32}, at::kInt), gist, at::zeros({1, 1}, at::kInt), 8)
                   .requires_grad());
}

}  // namespace
}  // namespace gistmill::decoder::test
