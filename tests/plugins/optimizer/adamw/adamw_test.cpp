// optimizer/adamw against the formula written out, and resumed from its buffers.
#include <gmock/gmock.h>

#include <cmath>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

OptionTable options(double weight_decay = 0.1) {
  return {{"betas", std::vector<double>{0.9, 0.99}}, {"eps", 1e-8}, {"weight_decay", weight_decay}};
}

// Two parameters, the second without decay, and gradients that the test writes each step.
struct Bench {
  explicit Bench(const OptionTable& table = options())
      : adamw(OPTIMIZER_ADAMW_PLUGIN, "optimizer/adamw", table, {}) {
    parameters = {{"weight", GM_PARAM_TRAINABLE, random_normal({7, 300}, 1, at::kFloat)},
                  {"bias", GM_PARAM_TRAINABLE | GM_PARAM_NO_DECAY, random_normal({5}, 2, at::kFloat)}};
    for (const Parameter& one : parameters) gradients.push_back(at::zeros_like(one.tensor));
    adamw.bind_optimizer(parameters, gradients);
  }
  void step(std::uint64_t number, double rate) {
    for (std::size_t i = 0; i < 2; ++i) {
      gradients[i].copy_(random_normal(gradients[i].sizes(), 100 * number + i, at::kFloat));
    }
    adamw.optimizer_step(number, rate);
  }
  PluginDriver adamw;
  std::vector<Parameter> parameters;
  std::vector<at::Tensor> gradients;
};

double rate_of(std::uint64_t step) { return 1e-2 / static_cast<double>(step); }

TEST(AdamW, EqualsTheFormulaOverTenSteps) {
  Bench bench;
  std::vector<at::Tensor> x, m, v;
  for (const Parameter& one : bench.parameters) {
    x.push_back(one.tensor.to(at::kDouble));
    m.push_back(at::zeros_like(x.back()));
    v.push_back(at::zeros_like(x.back()));
  }
  for (std::uint64_t t = 1; t <= 10; ++t) {
    bench.step(t, rate_of(t));
    for (std::size_t i = 0; i < 2; ++i) {
      const at::Tensor g = bench.gradients[i].to(at::kDouble);
      const double decay = i == 0 ? 0.1 : 0;
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.99 * v[i] + 0.01 * g * g;
      const at::Tensor mean = m[i] / (1 - std::pow(0.9, t));
      const at::Tensor spread = (v[i] / (1 - std::pow(0.99, t))).sqrt();
      x[i] = x[i] * (1 - rate_of(t) * decay) - rate_of(t) * mean / (spread + 1e-8);
    }
  }
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_LT((bench.parameters[i].tensor.to(at::kDouble) - x[i]).abs().max().item<double>(), 2e-6);
  }
}

TEST(AdamW, GoesOnFromItsBuffersAsIfNothingHadHappened) {
  Bench straight;
  for (std::uint64_t t = 1; t <= 6; ++t) straight.step(t, rate_of(t));

  Bench first;
  for (std::uint64_t t = 1; t <= 3; ++t) first.step(t, rate_of(t));
  Bench second;
  for (std::size_t i = 0; i < 2; ++i) second.parameters[i].tensor.copy_(first.parameters[i].tensor);
  const auto saved = first.adamw.parameters();
  const auto loaded = second.adamw.parameters();
  ASSERT_EQ(saved.size(), loaded.size());
  for (std::size_t i = 0; i < saved.size(); ++i) {
    EXPECT_EQ(saved[i].name, loaded[i].name);
    EXPECT_EQ(saved[i].flags, GM_PARAM_BUFFER);
    loaded[i].tensor.copy_(saved[i].tensor);
  }
  for (std::uint64_t t = 4; t <= 6; ++t) second.step(t, rate_of(t));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(at::equal(second.parameters[i].tensor, straight.parameters[i].tensor));
  }
}

TEST(AdamW, TakesARateForEachParameter) {
  Bench together, apart;
  const std::vector<std::vector<double>> rates = {{1e-2, 1e-2}, {1e-2, 0}, {5e-3, 2e-3}, {2e-3, 2e-3}};
  at::Tensor frozen;
  for (std::uint64_t t = 1; t <= rates.size(); ++t) {
    if (t == 2) frozen = apart.parameters[1].tensor.clone();
    together.step(t, rates[t - 1][0]);  // writes the gradients of step t
    for (std::size_t i = 0; i < 2; ++i) apart.gradients[i].copy_(together.gradients[i]);
    apart.adamw.optimizer_step(t, rates[t - 1]);
    if (t == 2) {
      EXPECT_TRUE(at::equal(apart.parameters[1].tensor, frozen)) << "its rate was 0";
    }
  }
  EXPECT_TRUE(at::equal(apart.parameters[0].tensor, together.parameters[0].tensor))
      << "the other parameter's rate changed this one";
  EXPECT_FALSE(at::equal(apart.parameters[1].tensor, together.parameters[1].tensor));
}

TEST(AdamW, NamesItsMomentsAfterTheParameters) {
  Bench bench;
  std::vector<std::string> names;
  for (const Parameter& one : bench.adamw.parameters()) names.push_back(one.name);
  EXPECT_THAT(names, ::testing::ElementsAre("updates", "weight.first_moment", "weight.second_moment",
                                            "bias.first_moment", "bias.second_moment"));
}

// A later stage counts its steps on, with moments that are new.
TEST(AdamW, TakesFirstStepsOfTheUsualSizeWhateverTheRunsStep) {
  Bench early, late;
  early.step(1, 1e-3);
  for (std::size_t i = 0; i < 2; ++i) late.gradients[i].copy_(early.gradients[i]);
  late.adamw.optimizer_step(1000, 1e-3);
  EXPECT_TRUE(at::equal(early.parameters[0].tensor, late.parameters[0].tensor));
}

TEST(AdamW, RefusesBetasOutsideZeroToOne) {
  for (const std::vector<double>& betas : {std::vector<double>{0.9}, {0.9, 1.0}, {-0.1, 0.9}}) {
    OptionTable table = options();
    table["betas"] = betas;
    try {
      PluginDriver(OPTIMIZER_ADAMW_PLUGIN, "optimizer/adamw", table);
      FAIL() << "was accepted";
    } catch (const Refused& refused) {
      EXPECT_EQ(refused.status, GM_ERROR_USER);
      EXPECT_EQ(refused.key, "betas");
      EXPECT_STREQ(refused.what(), "betas should be two numbers from 0 to below 1, such as [0.9, 0.999]");
    }
  }
}

}  // namespace
}  // namespace gistmill::test
