// The template's loss, through the C ABI: what neighbors that point the same way cost.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

class Contrastive : public ::testing::Test {
 protected:
  void SetUp() override { driver_.start({}); }
  double loss(const at::Tensor& gist) { return driver_.forward(0, {gist})[0].item<double>(); }

  PluginDriver driver_{LOSS_CONTRASTIVE_PLUGIN, "loss/contrastive", {{"margin", 1.5}}};
  // [K = 4, G = 1, D = 2]: the distances of neighbors, 1 - cosine, are 0, 1 and 2.
  at::Tensor gist_ = at::tensor({1.f, 0.f, 2.f, 0.f, 0.f, 3.f, 0.f, -1.f}).view({4, 1, 2});
};

TEST_F(Contrastive, IsTheMeanOfWhatNeighborsLackToTheMargin) {
  EXPECT_NEAR(loss(gist_), (1.5 + 0.5 + 0) / 3, 1e-6);
}

TEST_F(Contrastive, CostsNothingWhereASpanHasNoNeighbor) { EXPECT_EQ(loss(gist_.narrow(0, 0, 1)), 0); }

TEST_F(Contrastive, SaysHowMuchNeighborsDifferInSimilarity) {
  // Similarities 1, 0 and -1.
  EXPECT_NEAR(driver_.forward(0, {gist_})[1].item<double>(), std::sqrt(2.0 / 3), 1e-6);
  EXPECT_EQ(driver_.forward(0, {gist_.narrow(0, 0, 2)})[1].item<double>(), 0) << "one pair";
  EXPECT_EQ(driver_.forward(0, {gist_.narrow(0, 0, 1)})[1].item<double>(), 0) << "no pair";
}

TEST_F(Contrastive, FallsAlongItsGradient) {
  const at::Tensor near = at::tensor({1.f, 0.f, 1.f, 0.5f}).view({2, 1, 2});
  const auto reverse = driver_.forward_and_vjp(0, {near}, {1}, {at::ones({}), {}});
  EXPECT_LT(loss(near - 0.1 * reverse.gradients[0]), loss(near));
}

}  // namespace
}  // namespace gistmill::test
