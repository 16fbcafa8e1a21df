// loss/lens through the ABI beside its formulas, written out entry by entry and pair by pair in ATen; and
// its gradients beside autograd's of these.
#include <gmock/gmock.h>

#include <cmath>

#include "plugins/focus/common/batch.hpp"
#include "plugins/focus/common/targets.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

using ::testing::HasSubstr;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

OptionTable options(const OptionTable& changes = {}) {
  OptionTable table = {
      {"target", std::string("source")}, {"scale", 1.0}, {"margin", 0.1}, {"temperature", 1.0}};
  for (const auto& [key, value] : changes) table[key] = value;
  return table;
}

at::Tensor ints(const std::vector<std::int32_t>& values) { return at::tensor(values, at::kInt); }

// K = 2. The first context has a gist of level 2, two siblings, one of level 1 beside a block, a protected
// block; the second a gist and two blocks, of which the last is protected and nothing else is measured.
struct Problem {
  at::Tensor counts = ints({6, 3});
  at::Tensor levels = ints({2, 1, 1, 1, 0, 0, 1, 0, 0});
  at::Tensor starts = ints({0, 4, 6, 8, 10, 12, 0, 2, 4});
  at::Tensor block = ints({2}).squeeze(0);
  at::Tensor cursor = ints({14, 6});
  at::Tensor protected_tail = ints({2, 2});
  at::Tensor utilities = at::tensor({0.5f, kNone, 0.1f, -0.2f, 0.3f, kNone, 0.05f, kNone, kNone, -0.4f, kNone,
                                     kNone, 0.2f, kNone, kNone, -0.6f, kNone, kNone})
                             .view({9, 2});
  at::Tensor scores = at::tensor({0.3f, -0.2f, 0.4f, 0.1f, 0.2f, -0.5f, -0.4f, 0.1f, 0.7f});

  std::vector<at::Tensor> inputs() const {
    return {scores, counts, levels, starts, block, cursor, protected_tail, utilities};
  }
};

// loss, ranking, balance, legality as the header of parts.hpp says them. K = 2, so c+ and c- are 1, and 1/2
// for one of two siblings.
std::vector<at::Tensor> formulas(const at::Tensor& u, double margin, double temperature) {
  const std::vector<std::vector<double>> y = {{0.5, -0.2, 0.3, 0.05, -0.4, NAN}, {0.2, -0.6, NAN}};
  const std::vector<std::vector<double>> takes = {{1, 1, 1, 1, 0, 0}, {1, 0, 0}};
  const std::vector<std::vector<double>> frees = {{0, 0.5, 0.5, 0, 1, 0}, {0, 1, 0}};
  const std::vector<std::vector<int>> sign = {{-1, 0, 0, 0, 1, 1}, {0, 1, 1}};
  std::vector<at::Tensor> parts(4, at::zeros({}));
  std::int64_t first = 0;
  for (std::size_t c = 0; c < 2; first += std::ssize(y[c++])) {
    at::Tensor mse = at::zeros({}), pairs = at::zeros({}), up = at::zeros({}), down = at::zeros({}),
               illegal = at::zeros({});
    int labels = 0, count = 0;
    for (std::size_t i = 0; i < y[c].size(); ++i) {
      const at::Tensor one = u[first + static_cast<std::int64_t>(i)];
      up = up + takes[c][i] * at::relu(one);
      down = down + frees[c][i] * at::relu(-one);
      if (sign[c][i] != 0) illegal = illegal + at::relu(sign[c][i] * one);
      if (std::isnan(y[c][i])) continue;
      ++labels;
      mse = mse + (one - y[c][i]).square();
      for (std::size_t j = 0; j < y[c].size(); ++j) {
        if (!(y[c][i] > y[c][j] + margin)) continue;
        ++count;
        pairs = pairs + at::softplus(-(one - u[first + static_cast<std::int64_t>(j)]) / temperature);
      }
    }
    parts[0] = parts[0] + mse / labels / 2;
    parts[1] = parts[1] + pairs / std::max(count, 1) / 2;
    parts[2] = parts[2] + ((up - down) / (1e-6 + up + down)).square() / 2;
    parts[3] = parts[3] + illegal / static_cast<double>(y[c].size()) / 2;
  }
  return parts;
}

class LensLoss : public ::testing::Test {
 protected:
  static void expect_formulas(const OptionTable& changes, double margin, double temperature) {
    PluginDriver made(LOSS_LENS_PLUGIN, "loss/lens", options(changes), {});
    const Problem problem;
    for (std::size_t output = 0; output < 4; ++output) {
      std::vector<at::Tensor> above(4);
      above[output] = at::tensor(1.5f).squeeze();
      const auto found = made.forward_and_vjp(0, problem.inputs(), {1, 0, 0, 0, 0, 0, 0, 0}, above);
      const at::Tensor u = problem.scores.to(at::kDouble).requires_grad_(true);
      const at::Tensor expected = formulas(u, margin, temperature)[output];
      EXPECT_NEAR(found.outputs[output].item<double>(), expected.item<double>(), 1e-6) << output;
      (1.5 * expected).backward();
      EXPECT_TRUE(at::allclose(found.gradients[0].to(at::kDouble), u.grad(), 1e-5, 1e-6))
          << output << found.gradients[0] << u.grad();
    }
  }
};

TEST_F(LensLoss, IsItsFormulas) { expect_formulas({}, 0.1, 1); }
TEST_F(LensLoss, AsBradleyTerryIsItsFormulas) {
  expect_formulas({{"margin", 0.0}, {"temperature", 0.1}}, 0, 0.1);
}

TEST_F(LensLoss, OfScoresThatAreTheLabelsHasNoErrorAndNothingIllegal) {
  PluginDriver made(LOSS_LENS_PLUGIN, "loss/lens", options(), {});
  Problem problem;
  problem.scores = at::tensor({0.5f, -0.2f, 0.3f, 0.05f, -0.4f, 0.0f, 0.2f, -0.6f, 0.0f});
  const auto parts = made.forward(0, problem.inputs());
  EXPECT_NEAR(parts[0].item<double>(), 0, 1e-12);
  EXPECT_EQ(parts[3].item<double>(), 0);
  EXPECT_GT(parts[2].item<double>(), 0);
}

TEST_F(LensLoss, OfOneSideAloneHasABalanceOfOne) {
  PluginDriver made(LOSS_LENS_PLUGIN, "loss/lens", options(), {});
  Problem problem;
  problem.scores = at::full({9}, 0.5f);
  EXPECT_NEAR(made.forward(0, problem.inputs())[2].item<double>(), 1, 1e-5);
  problem.scores = at::zeros({9});
  EXPECT_EQ(made.forward(0, problem.inputs())[2].item<double>(), 0);
}

TEST_F(LensLoss, RefusesContextsWhoseEntriesDoNotAddUp) {
  PluginDriver made(LOSS_LENS_PLUGIN, "loss/lens", options(), {});
  Problem problem;
  problem.counts = ints({6, 4});
  EXPECT_THROW(made.forward(0, problem.inputs()), std::exception);
}

}  // namespace
}  // namespace gistmill::test
