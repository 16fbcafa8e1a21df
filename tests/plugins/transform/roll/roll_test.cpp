// transform/roll: who gets whose gist.
#include <gmock/gmock.h>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

class Roll : public ::testing::Test {
 protected:
  static PluginDriver make(std::int64_t shift) {
    return {TRANSFORM_ROLL_PLUGIN, "transform/roll", {{"shift", shift}}, {}};
  }
  at::Tensor gist_ = random_normal({6, 2, 3}, 1, at::kFloat);
};

TEST_F(Roll, WithoutAShiftLeavesEverySpanItsOwnGist) {
  EXPECT_TRUE(at::equal(make(0).forward(0, {gist_})[0], gist_));
  EXPECT_TRUE(at::equal(make(0).forward_and_vjp(0, {gist_}, {1}, {gist_}).gradients[0], gist_));
}

TEST_F(Roll, GivesEverySpanTheGistOfAnother) {
  const at::Tensor swapped = make(2).forward(0, {gist_})[0];
  for (std::int64_t k = 0; k < 6; ++k) EXPECT_TRUE(at::equal(swapped[k], gist_[(k + 4) % 6])) << k;
}

TEST_F(Roll, SendsTheGradientBackToWhereTheGistCameFrom) {
  const at::Tensor above = random_normal({6, 2, 3}, 2, at::kFloat);
  const at::Tensor back = make(2).forward_and_vjp(0, {gist_}, {1}, {above}).gradients[0];
  for (std::int64_t k = 0; k < 6; ++k) EXPECT_TRUE(at::equal(back[(k + 4) % 6], above[k])) << k;
}

TEST_F(Roll, GivesEverySpanThePredictionOfAnother) {
  PluginDriver roll(TRANSFORM_ROLL_PLUGIN, "transform/roll-predictions", {{"shift", std::int64_t{1}}}, {});
  const at::Tensor predicted = at::tensor({0.1, 0.2, 0.3}, at::kFloat);
  EXPECT_TRUE(at::equal(roll.forward(0, {predicted})[0], at::tensor({0.3, 0.1, 0.2}, at::kFloat)));
}

TEST_F(Roll, RefusesAShiftThatSwapsNothing) {
  try {
    make(12).forward(0, {gist_});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.status, GM_ERROR_USER);
    EXPECT_EQ(refused.key, "shift");
    EXPECT_STREQ(
        refused.what(),
        "shift 12 gives each of 6 spans its own; it should not be a multiple of the spans per document");
  }
}

}  // namespace
}  // namespace gistmill::test
