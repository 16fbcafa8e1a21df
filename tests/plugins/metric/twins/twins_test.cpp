// metric/twins: what the twin's gist costs, over all targets and where the value is recalled.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

at::Tensor rows(const std::vector<float>& values, std::int64_t count) {
  return at::tensor(values).reshape({count, -1});
}

// gist, twin_gist [K, G, D]; nll_own, nll_twin, mask, recall [K, H]
std::vector<at::Tensor> measure(const std::vector<at::Tensor>& inputs) {
  PluginDriver metric(METRIC_TWINS_PLUGIN, "metric/twins", {}, {});
  return metric.forward(0, inputs);
}

TEST(TwinsMetric, IsTheMeanCostOverAllTargetsAndOverTheRecalledOnes) {
  const at::Tensor gist = random_normal({2, 1, 3}, 1, at::kFloat);
  const auto found =
      measure({gist, gist, rows({1, 2, 3, 9, 1, 1, 1, 1}, 2), rows({1, 5, 3, 0, 1, 0, 1, 1}, 2),
               rows({1, 1, 1, 0, 1, 1, 1, 1}, 2), rows({0, 1, 1, 0, 0, 1, 0, 0}, 2)});
  EXPECT_NEAR(found[1][0].item<float>(), 1, 1e-6) << "of 3 targets that exist, one costs 3";
  EXPECT_NEAR(found[2][0].item<float>(), 1.5, 1e-6) << "of the 2 that are recalled";
  EXPECT_NEAR(found[3][0].item<float>(), 1, 1e-6);
  EXPECT_NEAR(found[1][1].item<float>(), -0.25, 1e-6);
  EXPECT_NEAR(found[2][1].item<float>(), -1, 1e-6);
  EXPECT_NEAR(found[3][1].item<float>(), 0, 1e-6) << "the twin's gist serves better";
}

TEST(TwinsMetric, HasHalfOfAChanceWhereBothGistsServeAlike) {
  const at::Tensor gist = at::ones({1, 1, 3});
  const at::Tensor nll = rows({1, 2}, 1);
  const auto found = measure({gist, gist, nll, nll, rows({1, 1}, 1), rows({0, 1}, 1)});
  EXPECT_NEAR(found[0][0].item<float>(), 0, 1e-6);
  EXPECT_NEAR(found[3][0].item<float>(), 0.5, 1e-6);
}

TEST(TwinsMetric, ComparesAllVectorsOfASpanWithTheTwins) {
  const at::Tensor gist = random_normal({1, 2, 3}, 1, at::kFloat);
  const at::Tensor twin = random_normal({1, 2, 3}, 2, at::kFloat);
  const at::Tensor nll = rows({1}, 1);
  const auto found = measure({gist, twin, nll, nll, nll, nll});
  const at::Tensor a = gist.flatten();
  const at::Tensor b = twin.flatten();
  EXPECT_NEAR(found[0][0].item<float>(), 1 - (a.dot(b) / (a.norm() * b.norm())).item<float>(), 1e-6);
}

TEST(TwinsMetric, HasNoDistanceWithoutAGistAndNoCostWithoutARecall) {
  const at::Tensor none = at::ones({1, 0, 3});
  const at::Tensor nll = rows({1, 2}, 1);
  const auto found = measure({none, none, nll, nll, rows({1, 1}, 1), rows({0, 0}, 1)});
  EXPECT_TRUE(found[0][0].isnan().item<bool>());
  EXPECT_TRUE(found[2][0].isnan().item<bool>());
  EXPECT_TRUE(found[3][0].isnan().item<bool>());
}

}  // namespace
}  // namespace gistmill::test
