// Cross-entropy of next tokens, through the C ABI.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

using ::testing::HasSubstr;

class CrossEntropy : public ::testing::Test {
 protected:
  void SetUp() override { driver_.start({}); }

  PluginDriver driver_{LOSS_CROSS_ENTROPY_PLUGIN, "loss/cross-entropy", {{"dtype", std::string("head")}}};
  at::Tensor logits_ = random_normal({2, 5, 7}, 1, at::kFloat);
  at::Tensor ids_ = at::tensor({1, 6, 0, 3, 3, 2, 2, 5, 4, 1}, at::kInt).view({2, 5});
};

TEST_F(CrossEntropy, IsTheMeanNegativeLogLikelihoodOfEveryTokenButTheFirst) {
  const auto found = driver_.forward(0, {logits_, ids_, {}});
  const at::Tensor log = at::log_softmax(logits_.to(at::kDouble), -1);
  double sum = 0.0;
  for (std::int64_t b = 0; b < 2; ++b) {
    double row = 0.0;
    for (std::int64_t t = 0; t < 4; ++t) row -= log[b][t][ids_[b][t + 1].item<std::int32_t>()].item<double>();
    EXPECT_NEAR(found[1][b].item<double>(), row / 4.0, 1e-6);
    sum += row;
  }
  EXPECT_NEAR(found[0].item<double>(), sum / 8.0, 1e-6);
}

TEST_F(CrossEntropy, LeavesOutTokensThatDoNotCount) {
  at::Tensor counts = at::ones({2, 5});
  counts[0].narrow(0, 0, 3).zero_();
  const auto all = driver_.forward(0, {logits_.narrow(1, 2, 3), ids_.narrow(1, 2, 3), {}});
  const auto some = driver_.forward(0, {logits_, ids_, counts});
  EXPECT_NEAR(some[1][0].item<double>(), all[1][0].item<double>(), 1e-6);
  const auto reverse = driver_.forward_and_vjp(0, {logits_, ids_, counts}, {1, 0, 0}, {at::ones({}), {}});
  EXPECT_EQ(reverse.gradients[0][0].narrow(0, 0, 2).count_nonzero().item<std::int64_t>(), 0);
  EXPECT_GT(reverse.gradients[0][0].narrow(0, 2, 2).count_nonzero().item<std::int64_t>(), 0);
}

TEST_F(CrossEntropy, IsKnownOfEachTokenThatCounts) {
  const at::Tensor hidden = random_normal({2, 5, 3}, 2, at::kFloat),
                   head = random_normal({7, 3}, 3, at::kFloat);
  at::Tensor counts = at::ones({2, 5});
  counts[0].narrow(0, 0, 3).zero_();
  const auto found = driver_.forward(2, {hidden, head, ids_, counts});
  const at::Tensor log = at::log_softmax(at::matmul(hidden, head.t()).to(at::kDouble), -1);
  for (std::int64_t b = 0; b < 2; ++b) {
    double sum = 0.0;
    for (std::int64_t t = 0; t < 5; ++t) {
      const double value = found[2][b][t].item<double>();
      const bool target = t > 0 && counts[b][t].item<float>() > 0;
      ASSERT_EQ(std::isnan(value), !target) << b << " " << t;
      if (!target) continue;
      EXPECT_NEAR(value, -log[b][t - 1][ids_[b][t].item<std::int32_t>()].item<double>(), 1e-5);
      sum += value;
    }
    EXPECT_NEAR(found[1][b].item<double>(), sum / (b == 0 ? 2.0 : 4.0), 1e-5);
  }
}

TEST_F(CrossEntropy, RefusesABatchWithoutTargets) {
  try {
    driver_.forward(0, {logits_, ids_, at::zeros({2, 5})});
    ADD_FAILURE() << "was not refused";
  } catch (const Refused& refusal) {
    EXPECT_THAT(refusal.what(), HasSubstr("no token of the batch counts as a target"));
  }
}

}  // namespace
}  // namespace gistmill::test
