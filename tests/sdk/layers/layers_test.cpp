// The SDK's layers against plain formulas.
#include "gistmill/layers.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/plugins/support/network_parameters.hpp"

namespace gistmill::torch {
namespace {

using test::NetworkParameters;
using test::random_normal;

// E8: the source's code turns pairs by frequencies that belong to others; that is no rotation.
TEST(Rotary, KeepsTheNormOfEveryHeadAtEveryPosition) {
  const at::Tensor x = random_normal({3, 2, 32, 64}, 1);
  const at::Tensor turned = Rotary(32, 64)(x);
  EXPECT_TRUE(at::allclose(turned.norm(2, -1), x.norm(2, -1), 1e-12, 1e-12));
  EXPECT_FALSE(at::allclose(turned, x));
}

TEST(Rotary, LeavesPositionZeroAsItIs) {
  const at::Tensor x = random_normal({1, 1, 4, 8}, 2);
  EXPECT_TRUE(at::equal(Rotary(4, 8)(x).select(2, 0), x.select(2, 0)));
}

TEST(Rotary, MakesScoresDependOnDistanceOnly) {
  const std::int64_t length = 32;
  const Rotary rotary(length, 16);
  // The same query and the same key at every position.
  const at::Tensor query = rotary(random_normal({16}, 3).expand({length, 16}));
  const at::Tensor key = rotary(random_normal({16}, 4).expand({length, 16}));
  const at::Tensor scores = at::mm(query, key.t());
  for (std::int64_t distance = 0; distance < length; ++distance) {
    const at::Tensor diagonal = scores.diagonal(-distance);
    EXPECT_TRUE(at::allclose(diagonal, diagonal[0].expand_as(diagonal), 1e-10, 1e-10)) << distance;
  }
  EXPECT_GT((scores[0][0] - scores[5][0]).abs().item<double>(), 1e-3);
}

TEST(Rotary, TurnsByTheAngleOfTheFormula) {
  // Head of 4: pairs (0, 2) at 1 radian a position and (1, 3) at 1/100.
  const at::Tensor x = at::tensor({1.0, 1.0, 0.0, 0.0}, at::kDouble).expand({3, 4});
  const at::Tensor turned = Rotary(3, 4)(x)[2];
  const at::Tensor expected =
      at::tensor({std::cos(2.0), std::cos(0.02), std::sin(2.0), std::sin(0.02)}, at::kDouble);
  EXPECT_TRUE(at::allclose(turned, expected, 1e-12, 1e-12));
}

// softmax(q k^T / sqrt(w)) v, head by head.
TEST(Attention, EqualsThePlainFormula) {
  NetworkParameters parameters;
  const Attention attention(parameters.builder(), 12, 3);
  parameters.perturb();
  const at::Tensor queries = random_normal({2, 5, 12}, 1);
  const at::Tensor memory = random_normal({2, 7, 12}, 2);
  const auto& all = parameters.all();  // query w b, key w, value w b, output w b
  ASSERT_EQ(all.size(), 7u);
  const at::Tensor q = at::linear(queries, all[0].tensor, all[1].tensor);
  const at::Tensor k = at::linear(memory, all[2].tensor);
  const at::Tensor v = at::linear(memory, all[3].tensor, all[4].tensor);
  std::vector<at::Tensor> heads;
  at::Tensor entropy = at::zeros({2}, at::kDouble);
  for (std::int64_t head = 0; head < 3; ++head) {
    const auto part = [&](const at::Tensor& x) { return x.narrow(2, 4 * head, 4); };
    const at::Tensor weights = at::softmax(at::bmm(part(q), part(k).transpose(1, 2)) / 2.0, -1);
    heads.push_back(at::bmm(weights, part(v)));
    entropy -= (weights * weights.log2()).sum({1, 2}) / (3 * 5);
  }
  const at::Tensor expected = at::linear(at::cat(heads, 2), all[5].tensor, all[6].tensor);
  at::Tensor found;
  EXPECT_TRUE(at::allclose(attention(queries, memory, &found), expected, 1e-10, 1e-12));
  EXPECT_TRUE(at::allclose(found, entropy, 1e-10, 1e-12));
  EXPECT_TRUE(at::equal(attention(queries, memory), attention(queries, memory, &found)));
}

TEST(Attention, HasAnEntropyOfZeroToAllBits) {
  const at::Tensor even = at::full({32}, 1.0 / 32);
  EXPECT_NEAR(entropy_in_bits(even).item<double>(), 5, 1e-6);
  at::Tensor one = at::zeros({32});
  one[3] = 1;
  EXPECT_EQ(entropy_in_bits(one).item<double>(), 0);
}

TEST(Attention, HasTheGradientOfDifferences) {
  NetworkParameters parameters;
  const Attention attention(parameters.builder(), 8, 2);
  parameters.perturb();
  const Rotary rotary(6, 4);
  const at::Tensor x = random_normal({3, 6, 8}, 1).requires_grad_(true);
  std::vector<test::Named> inputs = parameters.all();
  inputs.push_back({"x", x});
  test::expect_gradients_match([&] { return attention(x, rotary); }, inputs);
}

// Four linear maps, scores and mixture; in reverse twice that, less the inputs' gradients that nobody wants.
TEST(Attention, AccountsForEveryProduct) {
  NetworkParameters parameters;
  const Attention attention(parameters.builder(), 12, 3);
  gm_work forward = gistmill::detail::empty_work();
  gm_work backward = gistmill::detail::empty_work();
  {
    const gistmill::detail::WorkScope account(&forward);
    const gistmill::detail::BackwardScope later(&backward);
    attention(random_normal({2, 5, 12}, 1), random_normal({2, 7, 12}, 2));
  }
  const double queries = 2.0 * 2 * 5 * 12 * 12;
  const double memory = 2.0 * 2 * 7 * 12 * 12;
  const double scores = 2.0 * 2 * 5 * 7 * 12;
  EXPECT_EQ(forward.flops, 2 * queries + 2 * memory + 2 * scores);
  EXPECT_EQ(backward.flops, 3 * queries + 2 * memory + 4 * scores);
}

TEST(Products, OfHalfPrecisionHaveAnAccountOfTheirOwn) {
  gm_work work = gistmill::detail::empty_work();
  const at::Tensor x = at::ones({3, 4}, at::kBFloat16);
  const at::Tensor weight = at::ones({5, 4}, at::kBFloat16);
  {
    const gistmill::detail::WorkScope account(&work);
    counted_linear(x, weight);
    count_work(at::kFloat, 7, 11);
  }
  counted_linear(x, weight);  // outside of an operation: counted nowhere
  EXPECT_EQ(work.half_flops, 2.0 * 3 * 4 * 5);
  EXPECT_EQ(work.flops, 7);
  EXPECT_EQ(work.bytes, 11);
}

TEST(LayerNorm, CentersAndScalesEachRow) {
  NetworkParameters parameters;
  const LayerNorm norm(parameters.builder(), 64);
  const at::Tensor y = norm(3 + 5 * random_normal({4, 64}, 1));
  EXPECT_LT(y.mean(1).abs().max().item<double>(), 1e-12);
  EXPECT_TRUE(at::allclose(y.var(1, false), at::ones({4}, at::kDouble), 1e-4));
}

TEST(Builder, GivesTheSameValuesForTheSameSeedAndOthersForAnother) {
  NetworkParameters first, same, other;
  const Linear a(first.builder(7), 9, 4);
  const Linear b(same.builder(7), 9, 4);
  const Linear c(other.builder(8), 9, 4);
  EXPECT_TRUE(at::equal(a.weight(), b.weight()));
  EXPECT_FALSE(at::equal(a.weight(), c.weight()));
  EXPECT_LE(a.weight().abs().max().item<double>(), 1.0 / 3);
}

TEST(Builder, NamesParametersByTheirPlace) {
  NetworkParameters parameters;
  const Mlp mlp(parameters.builder().in("a").in("mlp"), 2, 3, 2);
  std::vector<std::string> names;
  for (const auto& one : parameters.all()) names.push_back(one.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a.mlp.up.weight", "a.mlp.up.bias", "a.mlp.down.weight",
                                             "a.mlp.down.bias"}));
}

TEST(Builder, LeavesTheProcessesGeneratorAlone) {
  const at::Tensor before = at::globalContext().defaultGenerator(at::kCPU).get_state();
  NetworkParameters parameters;
  const Mlp mlp(parameters.builder(), 4, 4, 4);
  const Dropout dropout{0.5, at::make_generator<at::CPUGeneratorImpl>(std::uint64_t{3})};
  (void)dropout(at::ones({8}));
  EXPECT_TRUE(at::equal(before, at::globalContext().defaultGenerator(at::kCPU).get_state()));
}

TEST(Dropout, KeepsTheMeanAndDrawsFromItsOwnGenerator) {
  const auto dropped = [](std::uint64_t seed) {
    return Dropout{0.25, at::make_generator<at::CPUGeneratorImpl>(seed)}(at::ones({100000}));
  };
  EXPECT_TRUE(at::equal(dropped(1), dropped(1)));
  EXPECT_FALSE(at::equal(dropped(1), dropped(2)));
  EXPECT_NEAR(dropped(1).mean().item<double>(), 1, 0.01);
  EXPECT_NEAR((dropped(1) == 0).to(at::kDouble).mean().item<double>(), 0.25, 0.01);
}

}  // namespace
}  // namespace gistmill::torch
