// The losses against plain log-softmax over all logits, and the plugin through the C ABI.
#include "plugins/loss/substitution/substitution.hpp"

#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "plugins/loss/substitution/head_tiles.hpp"
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
const OptionTable kAlike = {{"edge", std::int64_t{8}}, {"edge_weight", 1.0}};

struct Inputs {
  at::Tensor replaced;  // [K, H, D]
  at::Tensor original;
  Targets targets;
};

Inputs make(std::int64_t spans, std::int64_t targets, at::ScalarType type = at::kFloat,
            std::uint64_t seed = 1) {
  Inputs inputs;
  inputs.replaced = random_normal({spans, targets, kHidden}, seed, type);
  inputs.original = random_normal({spans, targets, kHidden}, seed + 1, type);
  inputs.targets.head = random_normal({kVocabulary, kHidden}, seed + 2, type);
  inputs.targets.ids = (random_normal({spans, targets}, seed + 3).abs() * 400).clamp_max(999).to(at::kInt);
  inputs.targets.mask = at::ones({spans, targets});
  return inputs;
}

// The losses as a pipeline computes them.
DeltaNll delta_nll_of(const Inputs& inputs) {
  return delta_nll(inputs.replaced, negative_log_likelihood(inputs.original, inputs.targets), inputs.targets);
}
Divergence divergence_of(const Inputs& inputs, double temperature = 1) {
  return divergence(inputs.replaced, original(inputs.original, inputs.targets, temperature), inputs.targets,
                    temperature);
}
at::Tensor loss_of(const Inputs& inputs, bool divergence) {
  return divergence ? divergence_of(inputs).loss : delta_nll_of(inputs).loss;
}

// The same from all logits in f64, as the definitions say.
at::Tensor log_probabilities(const at::Tensor& hidden, const Targets& targets, double temperature = 1) {
  const at::Tensor logits = at::matmul(hidden.to(at::kDouble), targets.head.to(at::kDouble).t());
  return at::log_softmax(logits / temperature, -1);
}
at::Tensor plain_nll(const at::Tensor& hidden, const Targets& targets) {
  return -log_probabilities(hidden, targets).gather(2, targets.ids.to(at::kLong).unsqueeze(2)).squeeze(2);
}
at::Tensor plain_kl(const Inputs& inputs, double temperature) {
  const at::Tensor q = log_probabilities(inputs.original, inputs.targets, temperature);
  return (q.exp() * (q - log_probabilities(inputs.replaced, inputs.targets, temperature))).sum(2);
}
at::Tensor masked_mean(const at::Tensor& values, const at::Tensor& mask) {
  return (values * mask).sum() / mask.sum();
}
bool close(const at::Tensor& found, const at::Tensor& expected) {
  return at::allclose(found.to(at::kDouble), expected, 1e-5, 1e-5);
}

at::Tensor gradient_of(const at::Tensor& loss, const at::Tensor& leaf) {
  return ::torch::autograd::grad({loss}, {leaf})[0];
}
double relative_error(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

struct Case {
  std::int64_t spans, targets;
};
class Substitution : public ::testing::TestWithParam<Case> {
 protected:
  Inputs make_masked() const {
    Inputs inputs = make(GetParam().spans, GetParam().targets);
    if (GetParam().targets > 1) inputs.targets.mask.select(0, GetParam().spans - 1).narrow(0, 1, 1).zero_();
    inputs.replaced.requires_grad_(true);
    return inputs;
  }
};
INSTANTIATE_TEST_SUITE_P(Rows, Substitution,
                         ::testing::Values(Case{1, 1}, Case{1, 8}, Case{4, 2}, Case{5, 7}, Case{17, 64}));

TEST_P(Substitution, DeltaNllEqualsPlainLogSoftmax) {
  const Inputs inputs = make_masked();
  const at::Tensor& mask = inputs.targets.mask;
  const DeltaNll values = delta_nll_of(inputs);
  const at::Tensor nll_replaced = plain_nll(inputs.replaced, inputs.targets);
  const at::Tensor nll_original = plain_nll(inputs.original, inputs.targets);
  EXPECT_TRUE(close(values.nll, nll_replaced * mask));
  EXPECT_TRUE(close(negative_log_likelihood(inputs.original, inputs.targets), nll_original * mask));
  const at::Tensor expected = masked_mean(nll_replaced - nll_original, mask);
  EXPECT_NEAR(values.loss.item<double>(), expected.item<double>(), 1e-5);
  EXPECT_LT(relative_error(gradient_of(values.loss, inputs.replaced), gradient_of(expected, inputs.replaced)),
            1e-5);
}

TEST_P(Substitution, KlEqualsPlainLogSoftmaxAtAnyTemperature) {
  for (const double temperature : {1.0, 2.5}) {
    const Inputs inputs = make_masked();
    const at::Tensor& mask = inputs.targets.mask;
    const Original of_original = original(inputs.original, inputs.targets, temperature);
    const Divergence values = divergence(inputs.replaced, of_original, inputs.targets, temperature);
    const at::Tensor kl = plain_kl(inputs, temperature);
    EXPECT_TRUE(close(values.kl, kl * mask));
    EXPECT_TRUE(close(values.nll, plain_nll(inputs.replaced, inputs.targets) * mask));
    EXPECT_TRUE(close(of_original.nll, plain_nll(inputs.original, inputs.targets) * mask));
    const at::Tensor log_q = log_probabilities(inputs.original, inputs.targets, temperature);
    EXPECT_TRUE(close(of_original.entropy, -(log_q.exp() * log_q).sum(2) * mask));
    const at::Tensor expected = masked_mean(kl, mask);
    EXPECT_NEAR(values.loss.item<double>(), expected.item<double>(), 1e-5 * expected.item<double>());
    EXPECT_LT(
        relative_error(gradient_of(values.loss, inputs.replaced), gradient_of(expected, inputs.replaced)),
        1e-5);
  }
}

// Weights of the targets, [K, H]: `edge` of them right behind a span count three times.
at::Tensor plain_weights(const Inputs& inputs, std::int64_t edge) {
  at::Tensor weights = inputs.targets.mask.to(at::kDouble).clone();
  weights.narrow(1, 0, std::min(edge, weights.size(1))).mul_(3);
  return weights;
}

TEST_P(Substitution, WithAnEdgeIsTheMeanWhereItsTargetsCountMore) {
  for (const std::int64_t edge : {1, 4, 100}) {
    Inputs inputs = make_masked();
    inputs.targets.edge = {edge, 3};
    const at::Tensor weights = plain_weights(inputs, edge);
    const at::Tensor kl = masked_mean(plain_kl(inputs, 1), weights);
    const at::Tensor delta = masked_mean(
        plain_nll(inputs.replaced, inputs.targets) - plain_nll(inputs.original, inputs.targets), weights);
    for (const auto& [found, expected] :
         {std::pair{loss_of(inputs, true), kl}, std::pair{loss_of(inputs, false), delta}}) {
      EXPECT_NEAR(found.item<double>(), expected.item<double>(), 1e-5 * (1 + expected.item<double>()));
      EXPECT_LT(relative_error(gradient_of(found, inputs.replaced), gradient_of(expected, inputs.replaced)),
                1e-5);
    }
  }
}

TEST(SubstitutionLoss, WithAnEdgeKeepsTheFiguresOfSingleTargets) {
  Inputs inputs = make(3, 5);
  const Divergence alike = divergence_of(inputs);
  inputs.targets.edge = {2, 3};
  const Divergence found = divergence_of(inputs);
  EXPECT_TRUE(at::equal(found.kl, alike.kl));
  EXPECT_TRUE(at::equal(found.nll, alike.nll));
  EXPECT_NE(found.loss.item<float>(), alike.loss.item<float>());
}

TEST(SubstitutionLoss, WithAnEdgeOfWeightOneIsTheSameBitForBit) {
  Inputs inputs = make(3, 5);
  const at::Tensor alike = loss_of(inputs, true);
  inputs.targets.edge = {2, 1};
  EXPECT_TRUE(at::equal(loss_of(inputs, true), alike));
}

TEST(SubstitutionLoss, WithAnEdgeHasGradientsThatEqualDifferences) {
  Inputs inputs = make(2, 3, at::kDouble);
  inputs.targets.edge = {1, 4};
  inputs.replaced.requires_grad_(true);
  const std::vector<test::Named> named = {{"hidden_replaced", inputs.replaced}};
  test::expect_gradients_match([&] { return delta_nll_of(inputs).loss; }, named);
  test::expect_gradients_match([&] { return divergence_of(inputs, 1.5).loss; }, named);
}

TEST(SubstitutionLoss, GradientsEqualDifferences) {
  Inputs inputs = make(2, 3, at::kDouble);
  inputs.replaced.requires_grad_(true);
  const std::vector<test::Named> named = {{"hidden_replaced", inputs.replaced}};
  test::expect_gradients_match([&] { return delta_nll_of(inputs).loss; }, named);
  test::expect_gradients_match([&] { return divergence_of(inputs, 1.5).loss; }, named);
}

TEST(SubstitutionLoss, KlIsNeverNegativeAndZeroForTheSameStates) {
  Inputs inputs = make(4, 8);
  EXPECT_GT(divergence_of(inputs).kl.min().item<double>(), 0);
  inputs.original = inputs.replaced.clone();
  inputs.replaced.requires_grad_(true);
  const Divergence values = divergence_of(inputs);
  EXPECT_EQ(values.kl.abs().max().item<double>(), 0);
  EXPECT_EQ(gradient_of(values.loss, inputs.replaced).abs().max().item<double>(), 0);
}

// E2: what is not changed costs nothing, to the bit, whether a gradient is asked for or not.
TEST(SubstitutionLoss, DeltaNllOfTheSameStatesIsZero) {
  Inputs inputs = make(4, 8);
  inputs.original = inputs.replaced.clone();
  EXPECT_EQ(delta_nll_of(inputs).loss.item<double>(), 0);
  inputs.replaced.requires_grad_(true);
  EXPECT_EQ(delta_nll_of(inputs).loss.item<double>(), 0);
}

// E24: rows that are masked contribute nothing, whatever they hold.
TEST(SubstitutionLoss, MaskedRowsContributeNothing) {
  Inputs inputs = make(3, 4);
  inputs.targets.mask[1].zero_();
  inputs.replaced[1].fill_(std::numeric_limits<float>::quiet_NaN());
  inputs.original[1].fill_(std::numeric_limits<float>::infinity());
  inputs.targets.ids[1].fill_(-1);
  inputs.replaced.requires_grad_(true);

  Inputs without = make(3, 4);
  const auto keep = [](const at::Tensor& x) {
    return at::cat({x.narrow(0, 0, 1), x.narrow(0, 2, 1)}).detach();
  };
  without.replaced = keep(without.replaced).requires_grad_(true);
  without.original = keep(without.original);
  without.targets.ids = keep(without.targets.ids);
  without.targets.mask = keep(without.targets.mask);

  EXPECT_EQ(delta_nll_of(inputs).nll[1].abs().max().item<float>(), 0);
  const Original of_original = original(inputs.original, inputs.targets, 1);
  for (const at::Tensor& figure : {of_original.nll, of_original.entropy, of_original.mean_row}) {
    EXPECT_EQ(figure[1].abs().max().item<float>(), 0);
  }
  for (const bool divergence : {false, true}) {
    const at::Tensor masked = loss_of(inputs, divergence);
    const at::Tensor shorter = loss_of(without, divergence);
    EXPECT_FLOAT_EQ(masked.item<float>(), shorter.item<float>());
    const at::Tensor gradient = gradient_of(masked, inputs.replaced);
    EXPECT_EQ(gradient[1].abs().max().item<float>(), 0);
    EXPECT_TRUE(at::allclose(keep(gradient), gradient_of(shorter, without.replaced), 1e-5, 1e-7));
  }
}

TEST(SubstitutionLoss, IsZeroWhereNoTargetExists) {
  Inputs inputs = make(2, 3);
  inputs.targets.mask.zero_();
  EXPECT_EQ(loss_of(inputs, false).item<double>(), 0);
  EXPECT_EQ(loss_of(inputs, true).item<double>(), 0);
}

TEST(SubstitutionLoss, IsTheMeanNllWithoutTheOriginal) {
  Inputs inputs = make(2, 3);
  inputs.replaced.requires_grad_(true);
  const DeltaNll full = delta_nll_of(inputs);
  const DeltaNll half = delta_nll(inputs.replaced, {}, inputs.targets);
  EXPECT_NEAR(half.loss.item<double>(), half.nll.mean().item<double>(), 1e-6);
  EXPECT_TRUE(at::equal(gradient_of(half.loss, inputs.replaced), gradient_of(full.loss, inputs.replaced)));
}

// bf16 factors have 8 bits: logits are f32 sums of their products, weights of the head's rows are rounded.
// Against exact arithmetic on the same rounded factors, and against the factors before.
TEST(SubstitutionLoss, WorksInBf16WithinItsPrecision) {
  Inputs exact = make(4, 8);
  exact.targets.head = exact.targets.head / 5;
  Inputs rough = exact;
  rough.targets.head = exact.targets.head.to(at::kBFloat16);
  rough.original = exact.original.to(at::kBFloat16);
  rough.replaced = exact.replaced.to(at::kBFloat16).requires_grad_(true);
  exact.replaced.requires_grad_(true);
  EXPECT_LT((delta_nll_of(rough).nll - plain_nll(rough.replaced, rough.targets)).abs().max().item<double>(),
            tiles_handle(rough.targets.head) ? 1e-5 : 0.05);
  for (const bool divergence : {false, true}) {
    const at::Tensor a = loss_of(exact, divergence);
    const at::Tensor b = loss_of(rough, divergence);
    EXPECT_EQ(b.scalar_type(), at::kFloat);
    EXPECT_NEAR(a.item<double>(), b.item<double>(), 0.01);
    const at::Tensor gradient = gradient_of(b, rough.replaced);
    EXPECT_EQ(gradient.scalar_type(), at::kBFloat16);
    EXPECT_LT(relative_error(gradient.to(at::kFloat), gradient_of(a, exact.replaced)), 0.02);
  }
}

TEST(SubstitutionLoss, KeepsNoGraphWhereNoGradientIsAsked) {
  Inputs inputs = make(2, 3);
  EXPECT_FALSE(loss_of(inputs, true).requires_grad());
  inputs.replaced.requires_grad_(true);
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(loss_of(inputs, true).requires_grad());
}

constexpr std::uint32_t kReference = 0;
constexpr std::uint32_t kValue = 1;

std::vector<at::Tensor> reference_ports(const Inputs& inputs) {
  return {inputs.original, inputs.targets.head, inputs.targets.ids, inputs.targets.mask};
}

TEST(SubstitutionPlugin, GivesDeltaNllAndItsGradientThroughTheAbi) {
  const Inputs inputs = make(2, 3);
  Inputs leaf = inputs;
  leaf.replaced = inputs.replaced.clone().requires_grad_(true);
  const DeltaNll expected = delta_nll_of(leaf);

  PluginDriver driver(LOSS_SUBSTITUTION_PLUGIN, "loss/delta-nll", kAlike, {});
  const auto reference = driver.forward(kReference, reference_ports(inputs));
  ASSERT_EQ(reference.size(), 1u);
  const auto found = driver.forward_and_vjp(
      kValue, {inputs.replaced, reference[0], inputs.targets.head, inputs.targets.ids, inputs.targets.mask},
      {1, 0, 0, 0, 0}, {at::scalar_tensor(3.0, at::kFloat), {}});
  ASSERT_EQ(found.outputs.size(), 2u);
  EXPECT_EQ(found.outputs[0].dim(), 0);
  EXPECT_FLOAT_EQ(found.outputs[0].item<float>(), expected.loss.item<float>());
  EXPECT_TRUE(at::equal(found.outputs[1], expected.nll));
  EXPECT_TRUE(at::allclose(found.gradients[0], 3 * gradient_of(expected.loss, leaf.replaced), 1e-5));
}

TEST(SubstitutionPlugin, GivesKlAndItsGradientThroughTheAbi) {
  const Inputs inputs = make(2, 3);
  Inputs leaf = inputs;
  leaf.replaced = inputs.replaced.clone().requires_grad_(true);
  const Divergence expected = divergence_of(leaf, 2);

  PluginDriver driver(LOSS_SUBSTITUTION_PLUGIN, "loss/kl",
                      {{"temperature", 2.0}, {"edge", std::int64_t{0}}, {"edge_weight", 1.0}}, {});
  const auto reference = driver.forward(kReference, reference_ports(inputs));
  ASSERT_EQ(reference.size(), 3u);
  const auto found = driver.forward_and_vjp(kValue,
                                            {inputs.replaced, reference[1], reference[2], inputs.targets.head,
                                             inputs.targets.ids, inputs.targets.mask},
                                            {1, 0, 0, 0, 0, 0}, {at::scalar_tensor(3.0, at::kFloat), {}, {}});
  ASSERT_EQ(found.outputs.size(), 3u);
  EXPECT_TRUE(at::equal(found.outputs[2], expected.kl));
  EXPECT_TRUE(at::allclose(found.gradients[0], 3 * gradient_of(expected.loss, leaf.replaced), 1e-5));
}

TEST(SubstitutionPlugin, ReadsNoOriginalWhereNoneIsWired) {
  const Inputs inputs = make(2, 3);
  PluginDriver driver(LOSS_SUBSTITUTION_PLUGIN, "loss/delta-nll", kAlike, {});
  const auto found = driver.forward(
      kValue, {inputs.replaced, {}, inputs.targets.head, inputs.targets.ids, inputs.targets.mask});
  EXPECT_TRUE(at::allclose(found[0], found[1].mean()));
}

TEST(SubstitutionPlugin, RefusesATargetOutsideTheVocabulary) {
  Inputs inputs = make(2, 3);
  inputs.targets.ids[1][2] = 1000;
  PluginDriver delta(LOSS_SUBSTITUTION_PLUGIN, "loss/delta-nll", kAlike, {});
  try {
    delta.forward(kReference, reference_ports(inputs));
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
