// metric/delta-nll: which targets a figure averages over, and which horizons are refused.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

OptionTable horizons(std::vector<std::int64_t> values) { return {{"horizons", std::move(values)}}; }

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

}  // namespace
}  // namespace gistmill::test
