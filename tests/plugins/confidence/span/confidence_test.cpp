// confidence/span, its oracle, its loss and its metric through the C ABI: what is predicted from what, that
// it learns, and what a threshold keeps.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

constexpr std::int64_t kSpan = 4;
constexpr std::int64_t kLayers = 2;
constexpr std::int64_t kHidden = 6;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

class SpanConfidence : public ::testing::Test {
 protected:
  static OptionTable options(double dropout = 0.0) {
    return {{"hidden", std::int64_t{7}}, {"dropout", dropout}};
  }
  // The head starts at zero: every prediction would be the same.
  static void move_head(const PluginDriver& driver) {
    for (const Parameter& parameter : driver.parameters())
      parameter.tensor.add_(random_normal(parameter.tensor.sizes(), 9, at::kFloat), 0.3);
  }

  PluginDriver confidence_{
      CONFIDENCE_SPAN_PLUGIN, "confidence/span", options(), {{"N", kLayers}, {"D", kHidden}}};
  at::Tensor states_ = random_normal({3, kSpan, kLayers, kHidden}, 1, at::kFloat);
  at::Tensor gist_ = random_normal({3, 1, kHidden}, 2, at::kFloat);
};

TEST_F(SpanConfidence, PredictsACostOfEachSpanFromItsOwnStatesAndGist) {
  const at::Tensor untrained = confidence_.forward(0, {states_, gist_})[0];
  EXPECT_TRUE(at::allclose(untrained, at::full({3}, std::log(2.0)))) << "softplus of zero, the same for all";
  move_head(confidence_);
  const at::Tensor predicted = confidence_.forward(0, {states_, gist_})[0];
  EXPECT_EQ(predicted.sizes(), at::IntArrayRef({3}));
  EXPECT_TRUE(predicted.gt(0).all().item<bool>());
  EXPECT_FALSE(at::allclose(predicted[0], predicted[1]));
  const at::Tensor swapped = confidence_.forward(0, {states_.flip(0), gist_.flip(0)})[0];
  EXPECT_TRUE(at::allclose(swapped.flip(0), predicted, 1e-5, 1e-6)) << "spans do not see each other";
  EXPECT_TRUE(at::allclose(confidence_.forward(0, {100 * states_, gist_})[0], predicted, 1e-3, 1e-4))
      << "nor does the size of states count, which differs between layers";
  for (const at::Tensor& other :
       {confidence_.forward(0, {states_.flip(1), gist_})[0], confidence_.forward(0, {states_, -gist_})[0]})
    EXPECT_FALSE(at::allclose(other, predicted)) << "the last token and the gist do";
}

TEST_F(SpanConfidence, PredictsForNoSpanAtAll) {
  EXPECT_EQ(confidence_.forward(0, {states_.narrow(0, 0, 0), gist_.narrow(0, 0, 0)})[0].numel(), 0);
}

TEST_F(SpanConfidence, HasTheGradientOfDifferencesForEveryParameter) {
  move_head(confidence_);
  const auto gradients = confidence_.bind_gradients();
  const at::Tensor weights = random_normal({3}, 5, at::kFloat);
  confidence_.forward_and_vjp(0, {states_, gist_}, {0, 0}, {weights});
  const auto loss = [&] {
    return (confidence_.forward(0, {states_, gist_})[0].to(at::kDouble) * weights).sum().item<double>();
  };
  const auto parameters = confidence_.parameters();
  ASSERT_EQ(gradients.size(), 4u);
  for (std::size_t i = 0; i < gradients.size(); ++i)
    expect_slope(loss, parameters[i].tensor, gradients[i], parameters[i].name, 5e-3);
}

TEST_F(SpanConfidence, DropsPartsOfItsHiddenLayerInTrainingOnly) {
  PluginDriver dropping(CONFIDENCE_SPAN_PLUGIN, "confidence/span", options(0.5),
                        {{"N", kLayers}, {"D", kHidden}});
  move_head(dropping);
  move_head(confidence_);
  const at::Tensor all = confidence_.forward(0, {states_, gist_})[0];
  EXPECT_TRUE(at::equal(dropping.forward(0, {states_, gist_})[0], all));
  const auto trained = [&](std::uint64_t key) {
    return dropping.forward_and_vjp(0, {states_, gist_}, {0, 0}, {at::ones({3})}, key).outputs[0];
  };
  EXPECT_FALSE(at::allclose(trained(1), all));
  EXPECT_TRUE(at::equal(trained(1), trained(1)));
  EXPECT_FALSE(at::equal(trained(1), trained(2)));
}

TEST(ConfidenceOracle, KnowsTheMeasuredCostAndPredictsNoneBelowZero) {
  PluginDriver oracle(CONFIDENCE_SPAN_PLUGIN, "confidence/oracle", {}, {});
  const at::Tensor measured = at::tensor({0.3, -0.2, kNone}, at::kFloat).unsqueeze(1);
  EXPECT_TRUE(at::equal(oracle.forward(0, {measured})[0], at::tensor({0.3, 0.0, 0.0}, at::kFloat)));
}

TEST(ConfidenceLoss, IsTheMeanSquaredErrorOfSpansThatHaveTargets) {
  PluginDriver loss(CONFIDENCE_SPAN_PLUGIN, "loss/confidence", {}, {});
  const at::Tensor predicted = at::tensor({0.5, 0.1, 0.9}, at::kFloat);
  const at::Tensor measured = at::tensor({0.2, 7.0, kNone, 7.0, 0.4, 7.0}, at::kFloat).view({3, 2});
  const auto found = loss.forward_and_vjp(0, {predicted, measured}, {1, 0}, {at::ones({})});
  EXPECT_NEAR(found.outputs[0].item<double>(), (0.09 + 0.25) / 2, 1e-6);
  EXPECT_TRUE(at::allclose(found.gradients[0], at::tensor({0.3, 0.0, 0.5}, at::kFloat)));
  const at::Tensor none = at::full({3, 1}, kNone);
  EXPECT_EQ(loss.forward(0, {predicted, none.to(at::kFloat)})[0].item<double>(), 0);
}

TEST(ConfidenceMetric, SaysWhatAThresholdKeepsAndWhatIsLostAllTheSame) {
  PluginDriver metric(CONFIDENCE_SPAN_PLUGIN, "metric/confidence",
                      {{"thresholds", std::vector<std::string>{"0.1", "0.5"}}}, {});
  const at::Tensor predicted = at::tensor({0.05, 0.3, 0.6, 0.6}, at::kFloat);
  const at::Tensor measured = at::tensor({0.1, 0.2, 0.9, kNone}, at::kFloat).unsqueeze(1);
  const auto found = metric.forward(0, {predicted, measured});
  const auto expect = [](const at::Tensor& value, const std::vector<double>& rows, std::int64_t columns) {
    const at::Tensor expected = at::tensor(rows, at::kFloat).view({-1, columns}).squeeze(1);
    EXPECT_TRUE(at::allclose(value, expected, 1e-5, 1e-6, /*equal_nan=*/true)) << value;
  };
  expect(found[0], {0, 0, 1, 0, 1, 1, kNone, kNone}, 2);          // kept
  expect(found[1], {0.1, 0.1, 0, 0.2, 0, 0, kNone, kNone}, 2);    // cost
  expect(found[2], {0.05, 0.05, 0, 0.3, 0, 0, kNone, kNone}, 2);  // cost_predicted
  expect(found[3], {0.05, 0.1, 0.3, kNone}, 1);                   // prediction_error
}

TEST(ConfidenceMetric, RefusesThresholdsThatDoNotRise) {
  const auto message = [](const std::vector<std::string>& thresholds) -> std::string {
    try {
      PluginDriver(CONFIDENCE_SPAN_PLUGIN, "metric/confidence", {{"thresholds", thresholds}});
    } catch (const Refused& refused) {
      return refused.key + ": " + refused.what();
    }
    return "was accepted";
  };
  EXPECT_EQ(message({"0.2", "0.1"}), "thresholds: '0.1' stands behind a threshold that is not below it");
  EXPECT_EQ(message({"-1"}), "thresholds: '-1' is no cost in nats, 0 or above");
  EXPECT_EQ(message({"a lot"}), "thresholds: 'a lot' is no cost in nats, 0 or above");
  EXPECT_EQ(message({}), "thresholds: thresholds is empty when it should name one or more");
}

}  // namespace
}  // namespace gistmill::test
