// The head kernel against plain log-softmax over all logits, and the plugin through the C ABI.
#include "plugins/loss/substitution/substitution.hpp"

#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::substitution {
namespace {

using test::OptionTable;
using test::PluginDriver;
using test::random_normal;
using test::Refused;

constexpr std::int64_t kVocabulary = 1000;
constexpr std::int64_t kHidden = 24;

// Bytes of three rows of logits: blocks of three and, of eight targets, a last one of two.
constexpr std::int64_t kThreeRows = 3 * kVocabulary * 4;

Inputs make(std::int64_t spans, std::int64_t targets, at::ScalarType type = at::kFloat,
            std::uint64_t seed = 1) {
  Inputs inputs;
  inputs.hidden_replaced = random_normal({spans, targets, kHidden}, seed, type);
  inputs.hidden_original = random_normal({spans, targets, kHidden}, seed + 1, type);
  inputs.head = random_normal({kVocabulary, kHidden}, seed + 2, type);
  inputs.targets = (random_normal({spans, targets}, seed + 3).abs() * 400).clamp_max(999).to(at::kInt);
  inputs.mask = at::ones({spans, targets});
  return inputs;
}

at::Tensor log_probabilities(const at::Tensor& hidden, const at::Tensor& head, double temperature = 1) {
  return at::log_softmax(at::matmul(hidden, head.t()) / temperature, -1);
}
at::Tensor plain_nll(const at::Tensor& hidden, const Inputs& inputs) {
  return -log_probabilities(hidden, inputs.head)
              .gather(2, inputs.targets.to(at::kLong).unsqueeze(2))
              .squeeze(2);
}
at::Tensor plain_kl(const at::Tensor& replaced, const Inputs& inputs, double temperature) {
  const at::Tensor q = log_probabilities(inputs.hidden_original, inputs.head, temperature);
  return (q.exp() * (q - log_probabilities(replaced, inputs.head, temperature))).sum(2);
}
at::Tensor masked_mean(const at::Tensor& values, const at::Tensor& mask) {
  return (values * mask).sum() / mask.sum();
}

at::Tensor gradient_of(const at::Tensor& loss, const at::Tensor& leaf) {
  return ::torch::autograd::grad({loss}, {leaf})[0];
}
double relative_error(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

struct Case {
  std::int64_t spans, targets, block_bytes;
};
class Substitution : public ::testing::TestWithParam<Case> {
 protected:
  Inputs make_masked() const {
    Inputs inputs = make(GetParam().spans, GetParam().targets);
    if (GetParam().targets > 1) inputs.mask.select(0, GetParam().spans - 1).narrow(0, 1, 1).zero_();
    return inputs;
  }
};
INSTANTIATE_TEST_SUITE_P(Blocks, Substitution,
                         ::testing::Values(Case{1, 1, kThreeRows}, Case{1, 8, kThreeRows},
                                           Case{4, 2, kThreeRows}, Case{5, 7, 1}, Case{3, 8, kBlockBytes}));

TEST_P(Substitution, DeltaNllEqualsPlainLogSoftmax) {
  Inputs inputs = make_masked();
  inputs.hidden_replaced.requires_grad_(true);
  const Values values = delta_nll(inputs, Original::report, GetParam().block_bytes);
  const at::Tensor nll_replaced = plain_nll(inputs.hidden_replaced, inputs);
  const at::Tensor nll_original = plain_nll(inputs.hidden_original, inputs);
  EXPECT_TRUE(at::allclose(values.nll_replaced, nll_replaced * inputs.mask, 1e-5, 1e-5));
  EXPECT_TRUE(at::allclose(values.nll_original, nll_original * inputs.mask, 1e-5, 1e-5));
  const at::Tensor expected = masked_mean(nll_replaced - nll_original, inputs.mask);
  EXPECT_NEAR(values.loss.item<double>(), expected.item<double>(), 1e-5);
  EXPECT_LT(relative_error(gradient_of(values.loss, inputs.hidden_replaced),
                           gradient_of(expected, inputs.hidden_replaced)),
            1e-5);
}

TEST_P(Substitution, KlEqualsPlainLogSoftmaxAtAnyTemperature) {
  for (const double temperature : {1.0, 2.5}) {
    Inputs inputs = make_masked();
    inputs.hidden_replaced.requires_grad_(true);
    const Values values = kl(inputs, temperature, GetParam().block_bytes);
    const at::Tensor divergence = plain_kl(inputs.hidden_replaced, inputs, temperature);
    EXPECT_TRUE(at::allclose(values.kl, divergence * inputs.mask, 1e-5, 1e-5));
    EXPECT_TRUE(at::allclose(values.nll_replaced, plain_nll(inputs.hidden_replaced, inputs) * inputs.mask,
                             1e-5, 1e-5));
    EXPECT_TRUE(at::allclose(values.nll_original, plain_nll(inputs.hidden_original, inputs) * inputs.mask,
                             1e-5, 1e-5));
    const at::Tensor expected = masked_mean(divergence, inputs.mask);
    EXPECT_NEAR(values.loss.item<double>(), expected.item<double>(), 1e-4 * expected.item<double>());
    EXPECT_LT(relative_error(gradient_of(values.loss, inputs.hidden_replaced),
                             gradient_of(expected, inputs.hidden_replaced)),
              1e-5);
  }
}

TEST_P(Substitution, GradientsEqualDifferences) {
  Inputs inputs = make(GetParam().spans, GetParam().targets, at::kDouble);
  inputs.hidden_replaced.requires_grad_(true);
  const std::vector<test::Named> named = {{"hidden_replaced", inputs.hidden_replaced}};
  test::expect_gradients_match(
      [&] { return delta_nll(inputs, Original::report, GetParam().block_bytes).loss; }, named);
  test::expect_gradients_match([&] { return kl(inputs, 1.5, GetParam().block_bytes).loss; }, named);
}

TEST(SubstitutionLoss, KlIsNeverNegativeAndZeroForTheSameStates) {
  Inputs inputs = make(4, 8);
  EXPECT_GT(kl(inputs, 1).kl.min().item<double>(), 0);
  inputs.hidden_original = inputs.hidden_replaced.clone();
  inputs.hidden_replaced.requires_grad_(true);
  const Values values = kl(inputs, 1);
  EXPECT_EQ(values.kl.abs().max().item<double>(), 0);
  EXPECT_EQ(gradient_of(values.loss, inputs.hidden_replaced).abs().max().item<double>(), 0);
}

// E2: what is not changed costs nothing, to the bit.
TEST(SubstitutionLoss, DeltaNllOfTheSameStatesIsZero) {
  Inputs inputs = make(4, 8);
  inputs.hidden_original = inputs.hidden_replaced.clone();
  EXPECT_EQ(delta_nll(inputs, Original::report).loss.item<double>(), 0);
}

// E24: rows that are masked contribute nothing, whatever they hold.
TEST(SubstitutionLoss, MaskedRowsContributeNothing) {
  Inputs inputs = make(3, 4);
  inputs.mask[1].zero_();
  inputs.hidden_replaced[1].fill_(std::numeric_limits<float>::quiet_NaN());
  inputs.hidden_original[1].fill_(std::numeric_limits<float>::infinity());
  inputs.targets[1].fill_(-1);
  inputs.hidden_replaced.requires_grad_(true);

  Inputs without = make(3, 4);
  const auto keep = [](const at::Tensor& x) {
    return at::cat({x.narrow(0, 0, 1), x.narrow(0, 2, 1)}).detach();
  };
  without.hidden_replaced = keep(without.hidden_replaced).requires_grad_(true);
  without.hidden_original = keep(without.hidden_original);
  without.targets = keep(without.targets);
  without.mask = keep(without.mask);

  for (const bool divergence : {false, true}) {
    const auto value = [&](const Inputs& i) {
      return divergence ? kl(i, 1) : delta_nll(i, Original::report);
    };
    const Values masked = value(inputs);
    const Values shorter = value(without);
    EXPECT_FLOAT_EQ(masked.loss.item<float>(), shorter.loss.item<float>());
    EXPECT_EQ(masked.nll_replaced[1].abs().max().item<float>(), 0);
    const at::Tensor gradient = gradient_of(masked.loss, inputs.hidden_replaced);
    EXPECT_EQ(gradient[1].abs().max().item<float>(), 0);
    EXPECT_TRUE(at::allclose(keep(gradient), gradient_of(shorter.loss, without.hidden_replaced), 1e-5, 1e-7));
  }
}

TEST(SubstitutionLoss, IsZeroWhereNoTargetExists) {
  Inputs inputs = make(2, 3);
  inputs.mask.zero_();
  EXPECT_EQ(delta_nll(inputs, Original::report).loss.item<double>(), 0);
  EXPECT_EQ(kl(inputs, 1).loss.item<double>(), 0);
}

TEST(SubstitutionLoss, LeavesTheOriginalOutWhereToldTo) {
  Inputs inputs = make(2, 3);
  inputs.hidden_replaced.requires_grad_(true);
  const Values full = delta_nll(inputs, Original::report);
  const Values half = delta_nll(inputs, Original::skip);
  EXPECT_TRUE(half.nll_original.isnan().all().item<bool>());
  EXPECT_NEAR(half.loss.item<double>(), half.nll_replaced.mean().item<double>(), 1e-6);
  EXPECT_TRUE(at::equal(gradient_of(half.loss, inputs.hidden_replaced),
                        gradient_of(full.loss, inputs.hidden_replaced)));
}

// bf16 products keep 8 bits of a logit: about .4 % of it, unbiased. Their softmax is f32.
TEST(SubstitutionLoss, WorksInBf16WithinItsPrecision) {
  Inputs exact = make(4, 8);
  exact.head = exact.head / 5;
  Inputs rough = exact;
  rough.head = exact.head.to(at::kBFloat16);
  rough.hidden_original = exact.hidden_original.to(at::kBFloat16);
  rough.hidden_replaced = exact.hidden_replaced.to(at::kBFloat16).requires_grad_(true);
  exact.hidden_replaced.requires_grad_(true);
  for (const bool divergence : {false, true}) {
    const auto value = [&](const Inputs& i) {
      return divergence ? kl(i, 1) : delta_nll(i, Original::report);
    };
    const Values a = value(exact);
    const Values b = value(rough);
    EXPECT_EQ(b.nll_replaced.scalar_type(), at::kFloat);
    EXPECT_NEAR(a.loss.item<double>(), b.loss.item<double>(), 0.01);
    const at::Tensor gradient = gradient_of(b.loss, rough.hidden_replaced);
    EXPECT_EQ(gradient.scalar_type(), at::kBFloat16);
    EXPECT_LT(relative_error(gradient.to(at::kFloat), gradient_of(a.loss, exact.hidden_replaced)), 0.02);
  }
}

TEST(SubstitutionLoss, KeepsNoGraphWhereNoGradientIsAsked) {
  Inputs inputs = make(2, 3);
  EXPECT_FALSE(kl(inputs, 1).loss.requires_grad());
  inputs.hidden_replaced.requires_grad_(true);
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(kl(inputs, 1).loss.requires_grad());
}

TEST(SubstitutionPlugin, GivesLossFiguresAndGradientThroughTheAbi) {
  const Inputs inputs = make(2, 3);
  const std::vector<at::Tensor> ports = {inputs.hidden_replaced, inputs.hidden_original, inputs.head,
                                         inputs.targets, inputs.mask};
  Inputs leaf = inputs;
  leaf.hidden_replaced = inputs.hidden_replaced.clone().requires_grad_(true);
  const at::Tensor above = at::scalar_tensor(3.0, at::kFloat);
  const std::vector<std::uint8_t> need = {1, 0, 0, 0, 0};

  PluginDriver delta(LOSS_SUBSTITUTION_PLUGIN, "loss/delta-nll", {{"report_original", true}});
  const auto d = delta.forward_and_vjp(0, ports, need, {above, {}, {}});
  const Values expected_delta = delta_nll(leaf, Original::report);
  ASSERT_EQ(d.outputs.size(), 3u);
  EXPECT_EQ(d.outputs[0].dim(), 0);
  EXPECT_FLOAT_EQ(d.outputs[0].item<float>(), expected_delta.loss.item<float>());
  EXPECT_TRUE(at::allclose(d.gradients[0], 3 * gradient_of(expected_delta.loss, leaf.hidden_replaced), 1e-5));

  PluginDriver divergence(LOSS_SUBSTITUTION_PLUGIN, "loss/kl", {{"temperature", 2.0}});
  const auto k = divergence.forward_and_vjp(0, ports, need, {above, {}, {}, {}});
  const Values expected_kl = kl(leaf, 2);
  ASSERT_EQ(k.outputs.size(), 4u);
  EXPECT_TRUE(at::allclose(k.outputs[3], expected_kl.kl, 1e-5));
  EXPECT_TRUE(at::allclose(k.gradients[0], 3 * gradient_of(expected_kl.loss, leaf.hidden_replaced), 1e-5));
}

TEST(SubstitutionPlugin, ScoresOnePassAsTheLossDoes) {
  const Inputs inputs = make(2, 3);
  PluginDriver delta(LOSS_SUBSTITUTION_PLUGIN, "loss/delta-nll", {{"report_original", true}});
  const auto both = delta.forward(
      0, {inputs.hidden_replaced, inputs.hidden_original, inputs.head, inputs.targets, inputs.mask});
  const auto one = delta.forward(1, {inputs.hidden_original, inputs.head, inputs.targets, inputs.mask});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_TRUE(at::allclose(one[0], both[2], 1e-5));
}

TEST(SubstitutionPlugin, RefusesATargetOutsideTheVocabulary) {
  Inputs inputs = make(2, 3);
  inputs.targets[1][2] = 1000;
  PluginDriver delta(LOSS_SUBSTITUTION_PLUGIN, "loss/delta-nll", {{"report_original", true}});
  try {
    delta.forward(0,
                  {inputs.hidden_replaced, inputs.hidden_original, inputs.head, inputs.targets, inputs.mask});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.status, GM_ERROR_USER);
    EXPECT_EQ(refused.key, "targets");
    EXPECT_STREQ(
        refused.what(),
        "target 1000 is outside the vocabulary of 1000; was the text prepared with this model's tokenizer?");
  }
}

}  // namespace
}  // namespace gistmill::substitution
