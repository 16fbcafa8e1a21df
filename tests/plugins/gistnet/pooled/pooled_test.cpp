// The trained baselines that pool: where they start, what they compute, that they learn; through the ABI.
#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::test {
namespace {

constexpr std::int64_t kSpan = 5;
constexpr std::int64_t kHidden = 6;
constexpr double kScale = 1.3;

class PooledNetworks : public ::testing::Test {
 protected:
  static OptionTable options(const std::string& component) {
    OptionTable all = {{"position", std::string("end")}, {"scale", kScale}};
    if (component == "gistnet/mean-mlp") all.insert({"mlp", std::int64_t{7}});
    if (component == "gistnet/query") all.insert({{"width", std::int64_t{8}}, {"heads", std::int64_t{2}}});
    return all;
  }
  static PluginDriver make(const std::string& component, std::map<std::string, std::int64_t> more = {}) {
    more.insert({{"S", kSpan}, {"D", kHidden}});
    return {GISTNET_POOLED_PLUGIN, component, options(component), more};
  }
  // Every parameter at a value of its own.
  static std::map<std::string, at::Tensor> perturbed(PluginDriver& driver) {
    std::map<std::string, at::Tensor> parameters;
    std::uint64_t seed = 50;
    for (const Parameter& one : driver.parameters()) {
      one.tensor.add_(0.3 * random_normal(one.tensor.sizes(), seed++, at::kFloat));
      parameters[one.name] = one.tensor;
    }
    return parameters;
  }
  at::Tensor gist_of(const at::Tensor& correction) const {
    const at::Tensor rms = norm_ / std::sqrt(static_cast<double>(kHidden));
    return embeddings_.narrow(1, kSpan - 1, 1) + kScale * rms * correction.unsqueeze(1);
  }
  at::Tensor embeddings_ = random_normal({3, kSpan, kHidden}, 1, at::kFloat);
  at::Tensor states_ = random_normal({3, kSpan, 2, kHidden}, 2, at::kFloat);
  at::Tensor norm_ = at::scalar_tensor(2.0, at::kFloat);
};
class Pooled : public PooledNetworks, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Of, Pooled,
                         ::testing::Values("gistnet/mean-linear", "gistnet/mean-mlp", "gistnet/query"));

// Gradients of the outputs: of the gist, and of none of the others; only the queries have a third, their
// attention.
std::vector<at::Tensor> gradients_of(const at::Tensor& gist) {
  std::vector<at::Tensor> gradients = {gist, {}};
  if (std::string(Pooled::GetParam()) == "gistnet/query") gradients.emplace_back();
  return gradients;
}

TEST_P(Pooled, StartsFromTheLastTokensEmbeddingAtTheSpansEnd) {
  const auto out = make(GetParam()).forward(0, {embeddings_, norm_, {}});
  EXPECT_TRUE(at::equal(out[0], embeddings_.narrow(1, kSpan - 1, 1)));
  EXPECT_TRUE(at::equal(out[1], at::full({3, 1}, kSpan - 1, at::kInt)));
}

TEST_P(Pooled, LearnsFromItsFirstStepOn) {
  PluginDriver driver = make(GetParam());
  const auto gradients = driver.bind_gradients();
  const auto parameters = driver.parameters();
  driver.forward_and_vjp(0, {embeddings_, norm_, {}}, {0, 0, 0},
                         gradients_of(random_normal({3, 1, kHidden}, 5, at::kFloat)));
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const bool head = parameters[i].name.rfind("head.", 0) == 0;
    EXPECT_EQ(gradients[i].abs().max().item<float>() > 0, head)
        << parameters[i].name;  // the head is still zero
  }
}

// A working context may show no gist at all.
TEST_P(Pooled, GivesNothingForNoSpanAndNoGradient) {
  PluginDriver driver = make(GetParam());
  const at::Tensor none = embeddings_.narrow(0, 0, 0);
  EXPECT_EQ(driver.forward(0, {none, norm_, {}})[0].sizes(), (std::vector<std::int64_t>{0, 1, kHidden}));
  const auto gradients = driver.bind_gradients();
  driver.forward_and_vjp(0, {none, norm_, {}}, {0, 0, 0},
                         gradients_of(random_normal({0, 1, kHidden}, 5, at::kFloat)));
  for (const at::Tensor& gradient : gradients) EXPECT_EQ(gradient.abs().max().item<float>(), 0);
}

// By central differences, of the embeddings and of every parameter.
TEST_P(Pooled, HasTheGradientOfDifferences) {
  PluginDriver driver = make(GetParam(), {{"N", 2}});
  perturbed(driver);
  const auto gradients = driver.bind_gradients();
  const at::Tensor weights = random_normal({3, 1, kHidden}, 5, at::kFloat);
  const auto result =
      driver.forward_and_vjp(0, {embeddings_, norm_, states_}, {1, 0, 1}, gradients_of(weights));
  const auto loss = [&] {
    return (driver.forward(0, {embeddings_, norm_, states_})[0].to(at::kDouble) * weights)
        .sum()
        .item<double>();
  };
  gistmill::test::expect_slope(loss, embeddings_, result.gradients[0], "embeddings", 1e-3);
  gistmill::test::expect_slope(loss, states_, result.gradients[2], "states", 1e-3);
  const auto parameters = driver.parameters();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    gistmill::test::expect_slope(loss, parameters[i].tensor, gradients[i], parameters[i].name, 1e-3);
  }
}

TEST_F(PooledNetworks, MeanLinearMapsTheMeanOfTheNormalizedTokens) {
  PluginDriver driver = make("gistnet/mean-linear", {{"N", 2}});
  auto p = perturbed(driver);
  const at::Tensor tokens = at::layer_norm(states_, {kHidden}).flatten(2);
  const at::Tensor expected = gist_of(at::linear(tokens.mean(1), p["head.weight"], p["head.bias"]));
  EXPECT_TRUE(at::allclose(driver.forward(0, {embeddings_, norm_, states_})[0], expected, 1e-5, 1e-6));
}

TEST_F(PooledNetworks, MeanMlpHasAHiddenLayer) {
  PluginDriver driver = make("gistnet/mean-mlp");
  auto p = perturbed(driver);
  const at::Tensor mean = at::layer_norm(embeddings_, {kHidden}).mean(1);
  const at::Tensor hidden = at::gelu(at::linear(mean, p["mlp.weight"], p["mlp.bias"]));
  const at::Tensor expected = gist_of(at::linear(hidden, p["head.weight"], p["head.bias"]));
  EXPECT_TRUE(at::allclose(driver.forward(0, {embeddings_, norm_, {}})[0], expected, 1e-5, 1e-6));
}

TEST_F(PooledNetworks, QueryIsAttentionWithOneQueryAHead) {
  PluginDriver driver = make("gistnet/query");
  auto p = perturbed(driver);
  const at::Tensor tokens = at::layer_norm(embeddings_, {kHidden});
  const at::Tensor keys = at::linear(tokens, p["key.weight"]) + p["positions"];
  const at::Tensor values = at::linear(tokens, p["value.weight"], p["value.bias"]);
  std::vector<at::Tensor> heads;
  at::Tensor entropy = at::zeros({3});
  for (std::int64_t head = 0; head < 2; ++head) {
    const auto part = [&](const at::Tensor& x) { return x.narrow(2, 4 * head, 4); };
    const at::Tensor weights = at::softmax(at::matmul(part(keys), p["query"][head]) / 2.0, 1);  // [K, S]
    entropy -= (weights * weights.log2()).sum(1) / 2;
    heads.push_back((weights.unsqueeze(2) * part(values)).sum(1));
  }
  const at::Tensor expected = gist_of(at::linear(at::cat(heads, 1), p["head.weight"], p["head.bias"]));
  const auto found = driver.forward(0, {embeddings_, norm_, {}});
  EXPECT_TRUE(at::allclose(found[0], expected, 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(found[2], entropy, 1e-5, 1e-6));
}

TEST_F(PooledNetworks, QueryRefusesAWidthThatHeadsDoNotDivide) {
  OptionTable wrong = options("gistnet/query");
  wrong["width"] = std::int64_t{9};
  try {
    PluginDriver driver(GISTNET_POOLED_PLUGIN, "gistnet/query", wrong);
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.key, "width");
    EXPECT_STREQ(refused.what(), "width is 9 when it should be a multiple of heads, 2");
  }
}

}  // namespace
}  // namespace gistmill::test
