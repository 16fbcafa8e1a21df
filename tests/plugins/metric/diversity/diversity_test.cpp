// metric/diversity: distances of each gist to its neighbor and to the others.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

std::vector<at::Tensor> measure(const at::Tensor& gist) {
  PluginDriver metric(METRIC_DIVERSITY_PLUGIN, "metric/diversity", {}, {});
  return metric.forward(0, {gist});
}

TEST(DiversityMetric, ComparesEachSpanWithItsNeighborAndWithTheOthers) {
  const at::Tensor gist = random_normal({5, 2, 3}, 1, at::kFloat);
  const auto found = measure(gist);
  const at::Tensor rows = gist.flatten(1) / gist.flatten(1).norm(2, {1}, true);
  const at::Tensor distance = 1 - at::matmul(rows, rows.t());
  const float far = (distance[1][3] + distance[1][4]).item<float>() / 2;
  EXPECT_NEAR(found[0][1].item<float>(), far, 1e-6);
  EXPECT_NEAR(found[1][1].item<float>(), distance[1][2].item<float>(), 1e-6);
  EXPECT_NEAR(found[2][1].item<float>(), far - distance[1][2].item<float>(), 1e-6);
  EXPECT_TRUE(found[1][4].isnan().item<bool>()) << "the last span has no next one";
}

TEST(DiversityMetric, IsZeroWhereEverySpanHasTheSameGist) {
  const auto found = measure(at::ones({4, 1, 3}));
  EXPECT_NEAR(found[0][0].item<float>(), 0, 1e-6);
  EXPECT_NEAR(found[1][0].item<float>(), 0, 1e-6);
}

TEST(DiversityMetric, HasNoValueWhereNoSpanHasAVectorOrAllAreZero) {
  for (const at::Tensor& gist : {at::empty({4, 0, 3}), at::zeros({4, 1, 3})})
    for (const at::Tensor& figure : measure(gist)) EXPECT_TRUE(figure.isnan().all().item<bool>());
}

TEST(DiversityMetric, HasNoValueForASpanAloneOrWithNeighborsOnly) {
  for (const std::int64_t spans : {1, 2}) {
    EXPECT_TRUE(measure(random_normal({spans, 1, 3}, 1, at::kFloat))[0].isnan().all().item<bool>()) << spans;
  }
}

}  // namespace
}  // namespace gistmill::test
