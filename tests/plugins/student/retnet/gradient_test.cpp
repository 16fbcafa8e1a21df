// The backward pass that is written by hand against autograd through the paper's form.
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include "plugins/student/retnet/block.hpp"
#include "tests/plugins/student/retnet/reference.hpp"
#include "tests/plugins/support/gradient_check.hpp"
#include "tests/plugins/support/network_parameters.hpp"

namespace gistmill::retnet {
namespace {

using gistmill::test::NetworkParameters;
using gistmill::test::random_normal;
using test::Choice;
using test::distance;

at::Tensor ids_of(std::int64_t texts, std::int64_t length) {
  return at::remainder(at::arange(texts * length).view({texts, length}).square() + 3, 19);
}

class RetentionGradient : public ::testing::TestWithParam<Choice> {
 protected:
  Config config_ = GetParam().config;
};

TEST_P(RetentionGradient, EqualsAutogradsThroughThePapersForm) {
  const at::Tensor left = at::arange(13).unsqueeze(0).ge(at::tensor({0, 5}).unsqueeze(1));
  for (const at::Tensor& mask : {at::Tensor(), left}) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const at::Tensor mixed = random_normal({2, 13, config_.mixed_width()}, 1, type);
      at::Tensor grad = random_normal({2, 13, config_.value_width}, 2, type);
      if (mask.defined()) grad = grad * mask.unsqueeze(2).to(type);
      const at::Tensor leaf = mixed.to(at::kDouble).requires_grad_(true);
      const at::Tensor through = test::reference_retention(config_, leaf, mask);
      const at::Tensor expected = ::torch::autograd::grad({through}, {leaf}, {grad.to(at::kDouble)})[0];
      for (const std::int64_t chunk : {1, 3, 4, 13, 50}) {
        config_.chunk = chunk;
        const Places places(config_, 13, mask, {}, mixed.options());
        const ChunkwiseGradient found = chunkwise_backward(config_, mixed, places, grad);
        EXPECT_LT(distance(found.mixed, expected), type == at::kDouble ? 1e-10 : 1e-5)
            << "chunks of " << chunk;
        EXPECT_TRUE(at::equal(found.result, chunkwise(config_, mixed, places, nullptr)));
      }
    }
  }
}

TEST_P(RetentionGradient, EqualsAutogradsOfDocumentsApart) {
  const at::Tensor begins = test::begins_of({{0, 5, 6}, {3, 11}}, 13);
  const at::Tensor mixed = random_normal({2, 13, config_.mixed_width()}, 1);
  const at::Tensor grad = random_normal({2, 13, config_.value_width}, 2);
  const at::Tensor leaf = mixed.clone().requires_grad_(true);
  const at::Tensor through = test::apart(leaf, begins, [&](const at::Tensor& document) {
    return test::reference_retention(config_, document, {});
  });
  const at::Tensor expected = ::torch::autograd::grad({through}, {leaf}, {grad})[0];
  for (const std::int64_t chunk : {1, 3, 4, 13, 50}) {
    config_.chunk = chunk;
    const Places places(config_, 13, {}, {}, mixed.options(), begins);
    EXPECT_LT(distance(chunkwise_backward(config_, mixed, places, grad).mixed, expected), 1e-10)
        << "chunks of " << chunk;
  }
}

TEST_P(RetentionGradient, OfEveryWeightEqualsAutogradsThroughThePapersForm) {
  NetworkParameters parameters;
  const Weights weights = make_weights(config_, parameters.builder());
  parameters.perturb();
  const Model model(config_, weights);
  const at::Tensor ids = ids_of(2, 11);
  const at::Tensor grad = random_normal({2, 11, config_.width}, 7);
  std::vector<at::Tensor> leaves;
  for (const auto& one : parameters.all()) {
    if (one.name != "head") leaves.push_back(one.tensor);
  }
  const auto found = ::torch::autograd::grad({model.hidden(ids)}, leaves, {grad});
  const auto expected =
      ::torch::autograd::grad({test::reference_hidden(config_, weights, ids)}, leaves, {grad});
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    EXPECT_LT(distance(found[i], expected[i]), 1e-10) << parameters.all()[i].name;
  }
}

INSTANTIATE_TEST_SUITE_P(Choices, RetentionGradient, ::testing::ValuesIn(test::choices()),
                         [](const auto& choice) { return choice.param.name; });

TEST(RetNetGradient, OfTheParallelFormIsTheSame) {
  Config config = test::small();
  NetworkParameters parameters;
  const Weights weights = make_weights(config, parameters.builder());
  const at::Tensor ids = ids_of(2, 11);
  const at::Tensor grad = random_normal({2, 11, config.width}, 7);
  std::vector<std::vector<at::Tensor>> gradients;
  for (const Form form : {Form::kChunkwise, Form::kParallel}) {
    config.form = form;
    gradients.push_back(::torch::autograd::grad({Model(config, weights).hidden(ids)},
                                                {weights.embedding, weights.layers[0].retention.in}, {grad}));
  }
  for (std::size_t i = 0; i < 2; ++i) EXPECT_LT(distance(gradients[0][i], gradients[1][i]), 1e-12);
}

TEST(RetNetGradient, EqualsDifferencesOfEveryWeight) {
  Config config = test::small();
  config.tied = true;
  NetworkParameters parameters;
  const Model model(config, make_weights(config, parameters.builder()));
  parameters.perturb();
  const at::Tensor ids = ids_of(2, 7);
  gistmill::test::expect_gradients_match([&] { return model.logits(model.hidden(ids)); }, parameters.all());
}

}  // namespace
}  // namespace gistmill::retnet
