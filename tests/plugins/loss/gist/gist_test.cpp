// Losses on the gists themselves: values and gradients by hand.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

class GistLosses : public ::testing::Test {
 protected:
  static PluginDriver pooled(std::int64_t state) {
    return {LOSS_GIST_PLUGIN, "loss/pooled-mse", {{"state", state}}, {}};
  }
  at::Tensor gist_ = random_normal({3, 1, 4}, 1, at::kFloat);
  at::Tensor states_ = random_normal({3, 5, 2, 4}, 2, at::kFloat);
};

TEST_F(GistLosses, PooledMseIsTheMeanSquaredDistanceToTheMeanState) {
  for (const std::int64_t state : {-1, 0, 1}) {
    const at::Tensor target = states_.select(2, state == -1 ? 1 : state).mean(1);
    const at::Tensor difference = gist_.squeeze(1) - target;
    const auto result = pooled(state).forward_and_vjp(0, {gist_, states_}, {1, 0}, {at::ones({})});
    EXPECT_NEAR(result.outputs[0].item<float>(), difference.square().mean().item<float>(), 1e-6);
    EXPECT_TRUE(at::allclose(result.gradients[0], (difference / 6).unsqueeze(1), 1e-5, 1e-6));  // 2 / 12
  }
}

TEST_F(GistLosses, PooledMseRefusesAStateThatIsNotRecorded) {
  try {
    pooled(2).forward(0, {gist_, states_});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.key, "state");
    EXPECT_STREQ(refused.what(), "state 2 is chosen when 2 are recorded, numbered from 0");
  }
}

TEST_F(GistLosses, StabilityIsTheSquaredDistanceInUnitsOfTheEarlierGist) {
  PluginDriver stability(LOSS_GIST_PLUGIN, "loss/stability", {}, {});
  const at::Tensor before = random_normal({3, 1, 4}, 3, at::kFloat);
  EXPECT_EQ(stability.forward(0, {before, before})[0].item<float>(), 0.0f);
  EXPECT_NEAR(stability.forward(0, {2 * before, before})[0].item<float>(), 1.0f, 1e-6);
  const auto result = stability.forward_and_vjp(0, {gist_, before}, {1, 0}, {at::ones({})});
  const at::Tensor size = before.square().sum({1, 2}, true);
  EXPECT_NEAR(result.outputs[0].item<float>(),
              ((gist_ - before).square().sum({1, 2}, true) / size).mean().item<float>(), 1e-5);
  EXPECT_TRUE(at::allclose(result.gradients[0], 2 * (gist_ - before) / size / 3, 1e-5, 1e-6));
}

TEST_F(GistLosses, StabilityOfAGistThatWasZeroIsFinite) {
  PluginDriver stability(LOSS_GIST_PLUGIN, "loss/stability", {}, {});
  EXPECT_EQ(stability.forward(0, {at::zeros({2, 1, 4}), at::zeros({2, 1, 4})})[0].item<float>(), 0.0f);
}

}  // namespace
}  // namespace gistmill::test
