// The contextual network against plain attention pooling, its gradients, and the plugin through the C ABI.
#include "plugins/gistnet/contextual/contextual.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <string>

#include "tests/plugins/support/network_parameters.hpp"
#include "tests/plugins/support/plugin_driver.hpp"

namespace gistmill::contextual {
namespace {

using test::NetworkParameters;
using test::OptionTable;
using test::PluginDriver;
using test::random_normal;
using test::Refused;

Shape small(bool pool, std::int64_t span = 5) {
  Shape shape;
  shape.span = span;
  shape.hidden = 6;
  shape.states = 2;
  shape.pool = pool;
  shape.width = 8;
  shape.heads = 2;
  shape.mlp = 10;
  return shape;
}

TEST(ContextualNetwork, StartsAsNoCorrection) {
  for (const bool pool : {true, false}) {
    NetworkParameters parameters;
    const Network network(small(pool), parameters.builder());
    const at::Tensor correction = network(random_normal({3, 5, 2, 6}, 1));
    EXPECT_EQ(correction.sizes(), (at::IntArrayRef{3, 6}));
    EXPECT_EQ(correction.abs().max().item<double>(), 0);
  }
}

// Keys and values of all tokens, one softmax a head: what the network computes without making them.
TEST(ContextualNetwork, EqualsPlainAttentionPooling) {
  NetworkParameters parameters;
  const Network network(small(true), parameters.builder());
  parameters.perturb();
  std::map<std::string, at::Tensor> p;
  for (const auto& one : parameters.all()) p[one.name] = one.tensor;

  const at::Tensor states = random_normal({3, 5, 2, 6}, 2);
  const at::Tensor tokens = at::layer_norm(states, {6}).flatten(2);  // [K, S, F]
  const at::Tensor last = tokens.select(1, 4);
  const at::Tensor query = at::linear(last, p["pool.query.weight"], p["pool.query.bias"]).unsqueeze(1);
  const at::Tensor key = at::linear(tokens, p["pool.key.weight"]) + p["pool.positions"];
  const at::Tensor value = at::linear(tokens, p["pool.value.weight"], p["pool.value.bias"]);
  std::vector<at::Tensor> heads;
  at::Tensor entropy = at::zeros({3}, at::kDouble);
  for (std::int64_t head = 0; head < 2; ++head) {
    const auto part = [&](const at::Tensor& x) { return x.narrow(2, 4 * head, 4); };
    const at::Tensor weights = at::softmax(at::bmm(part(query), part(key).transpose(1, 2)) / 2.0, -1);
    heads.push_back(at::bmm(weights, part(value)).squeeze(1));
    entropy -= (weights * weights.log2()).sum({1, 2}) / 2;
  }
  const at::Tensor features = at::cat({last, at::cat(heads, 1)}, 1);
  const at::Tensor inner = at::gelu(at::linear(features, p["mlp.weight"], p["mlp.bias"]));
  const at::Tensor expected = at::linear(inner, p["head.weight"], p["head.bias"]);
  at::Tensor found;
  EXPECT_TRUE(at::allclose(network(states, &found), expected, 1e-10, 1e-12));
  EXPECT_TRUE(at::allclose(found, entropy, 1e-10, 1e-12));
}

struct Case {
  std::int64_t spans, span;
  bool pool;
};
class ContextualGradient : public ::testing::TestWithParam<Case> {};

TEST_P(ContextualGradient, EqualsDifferencesForEveryParameterAndTheStates) {
  const Case& c = GetParam();
  NetworkParameters parameters;
  const Network network(small(c.pool, c.span), parameters.builder());
  parameters.perturb();
  const at::Tensor states = random_normal({c.spans, c.span, 2, 6}, 3).requires_grad_(true);
  std::vector<test::Named> inputs = parameters.all();
  inputs.push_back({"states", states});
  test::expect_gradients_match([&] { return network(states); }, inputs);
}
INSTANTIATE_TEST_SUITE_P(Shapes, ContextualGradient,
                         ::testing::Values(Case{1, 5, true}, Case{3, 5, true}, Case{2, 32, true},
                                           Case{1, 5, false}, Case{4, 3, false}));

TEST(ContextualNetwork, LooksAtTheLastTokenAloneWithoutPooling) {
  NetworkParameters parameters;
  const Network network(small(false), parameters.builder());
  parameters.perturb();
  at::Tensor states = random_normal({2, 5, 2, 6}, 4);
  const at::Tensor before = network(states);
  states.narrow(1, 0, 4).mul_(-1);
  EXPECT_TRUE(at::equal(network(states), before));
}

TEST(ContextualNetwork, HasTheSizesThatWereMeasured) {
  Shape shape;
  shape.hidden = 576;
  const auto elements = [](const Shape& s) {
    NetworkParameters parameters;
    const Network network(s, parameters.builder());
    return static_cast<double>(parameters.elements());
  };
  shape.states = 7;
  EXPECT_NEAR(elements(shape), 11.5e6, 0.1e6);
  shape.states = 4;
  shape.pool = false;
  EXPECT_NEAR(elements(shape), 2.95e6, 0.01e6);
}

class ContextualPlugin : public ::testing::Test {
 protected:
  PluginDriver& make(const OptionTable& changes = {}) {
    OptionTable options = {{"tokens", std::string("all")},
                           {"states", std::vector<std::int64_t>{}},
                           {"width", std::int64_t{8}},
                           {"heads", std::int64_t{2}},
                           {"mlp", std::int64_t{10}},
                           {"position", std::string("end")},
                           {"scale", 1.3}};
    for (const auto& [key, value] : changes) options[key] = value;
    driver_ = std::make_unique<PluginDriver>(GISTNET_CONTEXTUAL_PLUGIN, "gistnet/contextual", options);
    driver_->start({{"S", 4}, {"D", 6}, {"N", 3}});
    return *driver_;
  }
  at::Tensor embeddings_ = random_normal({3, 4, 6}, 1, at::kFloat);
  at::Tensor norm_ = at::scalar_tensor(2.0, at::kFloat);
  at::Tensor states_ = random_normal({3, 4, 3, 6}, 2, at::kFloat);
  std::unique_ptr<PluginDriver> driver_;
};

TEST_F(ContextualPlugin, StartsFromTheLastTokensEmbeddingAtTheSpansEnd) {
  for (const char* tokens : {"all", "last"}) {
    const auto out = make({{"tokens", std::string(tokens)}}).forward(0, {embeddings_, norm_, states_});
    EXPECT_TRUE(at::equal(out[0], embeddings_.narrow(1, 3, 1)));
    EXPECT_TRUE(at::equal(out[1], at::full({3, 1}, 3, at::kInt)));
  }
}

TEST_F(ContextualPlugin, LearnsThroughTheAbi) {
  make();
  const auto gradients = driver_->bind_gradients();
  const auto parameters = driver_->parameters();
  const at::Tensor weights = random_normal({3, 1, 6}, 5, at::kFloat);
  driver_->forward_and_vjp(0, {embeddings_, norm_, states_}, {0, 0, 0}, {weights, {}, {}});
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const bool head = parameters[i].name.rfind("head.", 0) == 0;
    EXPECT_EQ(gradients[i].abs().max().item<float>() > 0, head)
        << parameters[i].name;  // the head is still zero
  }
}

// 3 spans of 18 features through an MLP of 10 and a head to 6. Nothing asks for the features' gradient, so
// the first product has one reverse product, the second two.
TEST_F(ContextualPlugin, AccountsForItsProductsForwardAndBack) {
  make({{"tokens", std::string("last")}}).bind_gradients();
  const double mlp = 2.0 * 3 * 18 * 10;
  const double head = 2.0 * 3 * 10 * 6;
  const at::Tensor weights = random_normal({3, 1, 6}, 5, at::kFloat);
  driver_->forward_and_vjp(0, {embeddings_, norm_, states_}, {0, 0, 0}, {weights, {}, {}});
  EXPECT_EQ(driver_->forward_work().flops, mlp + head);
  EXPECT_EQ(driver_->vjp_work().flops, mlp + 2 * head);
  EXPECT_EQ(driver_->forward_work().half_flops, 0);

  driver_->forward(0, {embeddings_, norm_, states_});  // without a tape
  EXPECT_EQ(driver_->forward_work().flops, mlp + head);
}

TEST_F(ContextualPlugin, RefusesAWidthThatHeadsDoNotDivide) {
  try {
    make({{"width", std::int64_t{9}}});
    FAIL() << "was accepted";
  } catch (const Refused& refused) {
    EXPECT_EQ(refused.status, GM_ERROR_USER);
    EXPECT_EQ(refused.key, "width");
    EXPECT_STREQ(refused.what(), "width is 9 when it should be a multiple of heads, 2");
  }
}

}  // namespace
}  // namespace gistmill::contextual
