// The network beside its plain reference, its own gradients beside autograd's and finite differences, and
// what each variant may see.
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include "tests/plugins/lensnet/dual-cross/reference_network.hpp"
#include "tests/plugins/support/network_parameters.hpp"

namespace gistmill::lensnet {
namespace {

using gistmill::test::Named;
using gistmill::test::NetworkParameters;
using gistmill::test::random_normal;

Shape small(std::int64_t stacks, bool sees_tail) {
  Shape shape;
  shape.hidden = 5;
  shape.width = 8;
  shape.heads = 2;
  shape.stacks = stacks;
  shape.tail = 3;
  shape.mlp = 6;
  shape.sees_tail = sees_tail;
  return shape;
}

// Contexts of 4, 1 and 7 entries; the second is young and has two tail gists.
std::shared_ptr<Batch> batch_of(const Shape& shape, at::ScalarType type = at::kDouble) {
  const auto batch = std::make_shared<Batch>();
  batch->counts = {4, 1, 7};
  batch->vectors = random_normal({12, shape.hidden}, 11, type);
  batch->levels = at::tensor({2, 1, 1, 0, 0, 2, 2, 1, 1, 0, 0, 0}, at::kLong);
  batch->features = random_normal({12, shape.features}, 12, type);
  for (const std::int64_t gists : {3, 2, 3}) {
    batch->tails.push_back(random_normal({gists, shape.hidden}, 20 + gists, type));
    batch->places.push_back(at::arange(shape.tail - gists, shape.tail, at::kLong));
  }
  return batch;
}

class DualCrossNetwork : public ::testing::TestWithParam<std::tuple<std::int64_t, bool>> {
 protected:
  Shape shape_ = small(std::get<0>(GetParam()), std::get<1>(GetParam()));
};

TEST_P(DualCrossNetwork, ScoresAsThePlainReference) {
  NetworkParameters parameters;
  const Network network(shape_, parameters.builder());
  parameters.perturb();
  const auto batch = batch_of(shape_);
  const at::Tensor found = network(batch);
  EXPECT_GT(found.abs().max().item<double>(), 0.01);
  EXPECT_LT((found - test::plain_scores(shape_, network.weights(), *batch)).abs().max().item<double>(),
            1e-12);
}

TEST_P(DualCrossNetwork, HasTheGradientsOfThePlainReference) {
  NetworkParameters parameters;
  const Network network(shape_, parameters.builder());
  parameters.perturb();
  const auto batch = batch_of(shape_);
  const std::vector<at::Tensor> weights = network.weights().list();
  const at::Tensor above = random_normal({12}, 30);
  const auto own = ::torch::autograd::grad({network(batch)}, weights, {above});
  const auto plain =
      ::torch::autograd::grad({test::plain_scores(shape_, network.weights(), *batch)}, weights, {above});
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_LT((own[i] - plain[i]).abs().max().item<double>(), 1e-11) << parameters.all()[i].name;
}

TEST_P(DualCrossNetwork, InSinglePrecisionIsTheReferenceTo1e5) {
  Shape shape = shape_;
  shape.hidden = 40;
  shape.width = 64;
  shape.heads = 4;
  NetworkParameters parameters;
  const Network wide(shape, parameters.builder());
  parameters.perturb(0.05);
  std::vector<at::Tensor> weights;
  for (const at::Tensor& weight : wide.weights().list())
    weights.push_back(weight.detach().to(at::kFloat).requires_grad_(true));
  std::size_t next = 0;
  const auto take = [&](const std::string&, const at::Tensor&, std::uint32_t) { return weights[next++]; };
  const Network network(shape, torch::Builder(take, at::make_generator<at::CPUGeneratorImpl>(1)));
  const auto batch = batch_of(shape, at::kFloat);
  const at::Tensor found = network(batch);
  const at::Tensor plain = test::plain_scores(shape, network.weights(), *batch);
  EXPECT_LT((found - plain).abs().max().item<double>(), 1e-5);
  const at::Tensor above = random_normal({12}, 30, at::kFloat);
  const auto own = ::torch::autograd::grad({found}, weights, {above});
  const auto expected = ::torch::autograd::grad({plain}, weights, {above});
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double largest = std::max(1.0, expected[i].abs().max().item<double>());
    EXPECT_LT((own[i] - expected[i]).abs().max().item<double>(), 1e-5 * largest) << i;
  }
}

TEST_P(DualCrossNetwork, HasTheSlopesOfFiniteDifferences) {
  NetworkParameters parameters;
  const Network network(shape_, parameters.builder());
  parameters.perturb();
  const auto batch = batch_of(shape_);
  gistmill::test::expect_gradients_match([&] { return network(batch); }, parameters.all());
}

TEST_P(DualCrossNetwork, ScoresEachContextAsIfItWereAlone) {
  NetworkParameters parameters;
  const Network network(shape_, parameters.builder());
  parameters.perturb();
  const auto batch = batch_of(shape_);
  const at::Tensor all = network(batch);
  std::int64_t first = 0;
  for (std::size_t c = 0; c < 3; first += batch->counts[c++]) {
    const auto alone = std::make_shared<Batch>();
    const std::int64_t count = batch->counts[c];
    alone->counts = {count};
    alone->vectors = batch->vectors.narrow(0, first, count);
    alone->levels = batch->levels.narrow(0, first, count);
    alone->features = batch->features.narrow(0, first, count);
    alone->tails = {batch->tails[c]};
    alone->places = {batch->places[c]};
    EXPECT_LT((network(alone) - all.narrow(0, first, count)).abs().max().item<double>(), 1e-12);
  }
}

TEST_P(DualCrossNetwork, HeedsTheTailAndOtherEntriesOnlyWhereItSeesTheTail) {
  NetworkParameters parameters;
  const Network network(shape_, parameters.builder());
  parameters.perturb();
  const auto before = batch_of(shape_), tail = batch_of(shape_), last = batch_of(shape_);
  tail->tails[0] = tail->tails[0].neg();
  last->vectors = last->vectors.clone();
  last->vectors[3].neg_();  // behind the other three of its context
  const at::Tensor scores = network(before).narrow(0, 0, 3);
  const bool sees = std::get<1>(GetParam());
  EXPECT_EQ(!at::equal(network(tail).narrow(0, 0, 3), scores), sees);
  EXPECT_EQ(!at::equal(network(last).narrow(0, 0, 3), scores), sees);
}

INSTANTIATE_TEST_SUITE_P(Variants, DualCrossNetwork,
                         ::testing::Combine(::testing::Values(1, 2, 3), ::testing::Bool()));

TEST(LensHead, OnFeaturesAloneHasTheSlopesOfFiniteDifferences) {
  NetworkParameters parameters;
  const HeadMaps maps = HeadMaps::made(parameters.builder(), 0, 3, 6);
  parameters.perturb();
  const at::Tensor features = random_normal({9, 3}, 5);
  gistmill::test::expect_gradients_match([&] { return Head(maps, {}, features).scores(); }, parameters.all());
}

}  // namespace
}  // namespace gistmill::lensnet
