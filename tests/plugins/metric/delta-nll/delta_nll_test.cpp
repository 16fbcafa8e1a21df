// metric/delta-nll: which targets a figure averages over, and which horizons are refused.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

OptionTable horizons(std::vector<std::int64_t> values) {
  return {{"horizons", std::move(values)}, {"first", std::int64_t{1}}};
}

class DeltaNllMetric : public ::testing::Test {
 protected:
  at::Tensor measure(std::vector<std::int64_t> values) {
    PluginDriver metric(METRIC_DELTA_NLL_PLUGIN, "metric/delta-nll", horizons(std::move(values)), {});
    return metric.forward(0, {replaced_, original_, mask_})[0];
  }
  at::Tensor replaced_ = random_normal({3, 8}, 1, at::kFloat);
  at::Tensor original_ = random_normal({3, 8}, 2, at::kFloat);
  at::Tensor mask_ = at::ones({3, 8});
};

TEST_F(DeltaNllMetric, AveragesOverTheFirstTargetsOfEachSpan) {
  const at::Tensor difference = replaced_ - original_;
  const at::Tensor expected = at::stack({difference.narrow(1, 0, 2).mean(1), difference.mean(1)}, 1);
  EXPECT_TRUE(at::allclose(measure({2, 8}), expected, 1e-6, 1e-6));
}

TEST_F(DeltaNllMetric, CountsOnlyTargetsThatExist) {
  mask_[1].narrow(0, 3, 5).zero_();
  replaced_[1].narrow(0, 3, 5).fill_(1000);
  const float expected = (replaced_ - original_)[1].narrow(0, 0, 3).mean().item<float>();
  EXPECT_NEAR(measure({8})[1][0].item<float>(), expected, 1e-6);
}

TEST_F(DeltaNllMetric, BecomesAPerplexityRatioByItsExponential) {
  PluginDriver metric(METRIC_DELTA_NLL_PLUGIN, "metric/perplexity-ratio", horizons({2, 8}), {});
  mask_[2].zero_();
  const at::Tensor found = metric.forward(0, {replaced_, original_, mask_})[0];
  EXPECT_TRUE(at::allclose(found, measure({2, 8}).exp(), 1e-6, 1e-6, /*equal_nan=*/true));
  EXPECT_TRUE(found[2].isnan().all().item<bool>());
}

TEST_F(DeltaNllMetric, OfATextIsTheDifferenceOfItsMeans) {
  PluginDriver metric(METRIC_DELTA_NLL_PLUGIN, "metric/text-delta-nll", {}, {});
  const at::Tensor nll = at::tensor({2.5f, 1.0f, NAN});
  const at::Tensor found = metric.forward(0, {nll, at::tensor({1.0f, 1.5f, NAN})})[0];
  EXPECT_TRUE(at::allclose(found, at::tensor({1.5f, -0.5f, NAN}), 1e-6, 1e-6, /*equal_nan=*/true));
}

TEST_F(DeltaNllMetric, HasNoValueForASpanWithoutTargets) {
  mask_[2].zero_();
  const at::Tensor figures = measure({4, 8});
  EXPECT_TRUE(figures[2].isnan().all().item<bool>());
  EXPECT_FALSE(figures.narrow(0, 0, 2).isnan().any().item<bool>());
}

TEST_F(DeltaNllMetric, RefusesAHorizonBeyondTheTargets) {
  PluginDriver metric(METRIC_DELTA_NLL_PLUGIN, "metric/delta-nll", horizons({8, 9}));
  const char* expected =
      "horizon 9 is longer than the 8 targets of a span; lower it, or raise the data set's horizon";
  try {
    metric.start({{"H", 8}});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.key, "horizons");
    EXPECT_STREQ(refused.what(), expected);
  }
  PluginDriver unaware(METRIC_DELTA_NLL_PLUGIN, "metric/delta-nll", horizons({8, 9}), {});
  try {
    unaware.forward(0, {replaced_, original_, mask_});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_STREQ(refused.what(), expected);
  }
}

TEST_F(DeltaNllMetric, RefusesAnEmptyListOfHorizons) {
  try {
    measure({});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.status, GM_ERROR_USER);
    EXPECT_EQ(refused.key, "horizons");
    EXPECT_STREQ(refused.what(), "horizons is empty when it should name one or more");
  }
}

TEST_F(DeltaNllMetric, LeavesOutTheTargetsBeforeTheFirstThatCounts) {
  OptionTable options = horizons({8});
  options["first"] = std::int64_t{3};
  PluginDriver metric(METRIC_DELTA_NLL_PLUGIN, "metric/delta-nll", options, {});
  const at::Tensor expected = (replaced_ - original_).narrow(1, 2, 6).mean(1, true);
  EXPECT_TRUE(at::allclose(metric.forward(0, {replaced_, original_, mask_})[0], expected, 1e-6, 1e-6));
}

TEST_F(DeltaNllMetric, RefusesAHorizonThatEndsBeforeTheFirstTarget) {
  OptionTable options = horizons({8, 2});
  options["first"] = std::int64_t{3};
  try {
    PluginDriver metric(METRIC_DELTA_NLL_PLUGIN, "metric/delta-nll", options, {});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.key, "first");
    EXPECT_STREQ(refused.what(), "first is 3 when horizon 2 ends before it");
  }
}

TEST_F(DeltaNllMetric, CallsASpanSubstitutableBelowTheLimit) {
  replaced_ = original_.clone();
  replaced_[0] += 0.9f;
  replaced_[1] += 1.1f;
  mask_[2].zero_();
  OptionTable options = horizons({4});
  options["limit"] = 1.0;
  PluginDriver metric(METRIC_DELTA_NLL_PLUGIN, "metric/substitutability", options, {});
  const at::Tensor found = metric.forward(0, {replaced_, original_, mask_})[0];
  EXPECT_EQ(found[0].item<float>(), 1.0f);
  EXPECT_EQ(found[1].item<float>(), 0.0f);
  EXPECT_TRUE(std::isnan(found[2].item<float>()));
}

class DeltaNllInParts : public DeltaNllMetric {
 protected:
  at::Tensor measure(const char* component, std::vector<std::string> ranges) {
    PluginDriver metric(METRIC_DELTA_NLL_PLUGIN, component,
                        {{"ranges", std::move(ranges)}, {"horizon", std::int64_t{32}}}, {});
    return metric.forward(0, {replaced_, original_, mask_})[0];
  }
  void expect_refused(const char* component, std::vector<std::string> ranges, const char* message) {
    try {
      measure(component, std::move(ranges));
      FAIL() << "was accepted";
    } catch (const Refused& refused) {
      EXPECT_EQ(refused.key, "ranges");
      EXPECT_STREQ(refused.what(), message);
    }
  }
};

TEST_F(DeltaNllInParts, AveragesOverTheTargetsBetweenTwoDistances) {
  const at::Tensor difference = replaced_ - original_;
  const at::Tensor found = measure("metric/delta-nll-by-distance", {"1-2", "3-7", "6-", "9-20"});
  EXPECT_TRUE(at::allclose(found.select(1, 0), difference.narrow(1, 0, 2).mean(1), 1e-6, 1e-6));
  EXPECT_TRUE(at::allclose(found.select(1, 1), difference.narrow(1, 2, 5).mean(1), 1e-6, 1e-6));
  EXPECT_TRUE(at::allclose(found.select(1, 2), difference.narrow(1, 5, 3).mean(1), 1e-6, 1e-6));
  EXPECT_TRUE(found.select(1, 3).isnan().all().item<bool>()) << "there are eight targets";
}

TEST_F(DeltaNllInParts, AveragesOverTheTargetsOfASurprise) {
  original_[0].fill_(5);
  original_[0].narrow(0, 0, 3).fill_(0.25);
  original_[0][3] = 1;  // the first range ends below it
  const at::Tensor difference = (replaced_ - original_)[0];
  const at::Tensor found = measure("metric/delta-nll-by-surprise", {"0-1", "1-4", "4-"})[0];
  EXPECT_NEAR(found[0].item<float>(), difference.narrow(0, 0, 3).mean().item<float>(), 1e-6);
  EXPECT_NEAR(found[1].item<float>(), difference[3].item<float>(), 1e-6);
  EXPECT_NEAR(found[2].item<float>(), difference.narrow(0, 4, 4).mean().item<float>(), 1e-6);
}

TEST_F(DeltaNllInParts, RefusesWhatIsNoRange) {
  for (const char* wrong : {"4", "4-1", "-4", "a-b", "1 - 2", "nan-3", ""}) {
    expect_refused(
        "metric/delta-nll-by-surprise", {"0-1", wrong},
        ("'" + std::string(wrong) + "' is no range; write \"5-32\", or \"33-\" for all from there on")
            .c_str());
  }
  expect_refused("metric/delta-nll-by-surprise", {}, "ranges is empty when it should name one or more");
  expect_refused("metric/delta-nll-by-distance", {"0-4"}, "the first token after a span is number 1");
}

}  // namespace
}  // namespace gistmill::test
