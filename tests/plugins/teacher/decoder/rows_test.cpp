// The fused row operations against plain formulas in f64, values and gradients.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "plugins/teacher/decoder/operations.hpp"
#include "tests/plugins/support/gradient_check.hpp"

namespace gistmill::decoder::test {
namespace {

using gistmill::test::random_normal;
using ::torch::autograd::grad;

double relative(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

// A leaf in `type`, and the same numbers as a leaf in f64.
std::pair<at::Tensor, at::Tensor> leaves(at::IntArrayRef shape, std::uint64_t seed, at::ScalarType type) {
  const at::Tensor values = random_normal(shape, seed).to(type);
  return {values.clone().requires_grad_(true), values.to(at::kDouble).requires_grad_(true)};
}

void expect_add_norm(at::ScalarType type, double tolerance) {
  const auto [residual, plain_residual] = leaves({7, 33}, 1, at::kFloat);
  const auto [delta, plain_delta] = leaves({7, 33}, 2, type);
  const at::Tensor weight = random_normal({33}, 3, at::kFloat);
  const auto [sum, normed] = add_norm(residual, delta, weight, 1e-5, type);
  const at::Tensor plain_sum = plain_residual + plain_delta;
  const at::Tensor plain_normed =
      plain_sum * (plain_sum.square().mean(1, true) + 1e-5).rsqrt() * weight.to(at::kDouble);
  EXPECT_EQ(normed.scalar_type(), type);
  EXPECT_LE(relative(sum, plain_sum), 1e-6);
  EXPECT_LE(relative(normed, plain_normed), tolerance);
  const at::Tensor outer_sum = random_normal({7, 33}, 4).to(at::kFloat);
  const at::Tensor outer = random_normal({7, 33}, 5).to(type);
  const auto found = grad({sum, normed}, {residual, delta}, {outer_sum, outer});
  const auto expected = grad({plain_sum, plain_normed}, {plain_residual, plain_delta},
                             {outer_sum.to(at::kDouble), outer.to(at::kDouble)});
  // The backward reads the normalized rows, which are kept in T.
  EXPECT_LE(relative(found[0], expected[0]), tolerance);
  EXPECT_LE(relative(found[1], expected[1]), tolerance);
}

TEST(AddNorm, EqualsTheFormulaInValuesAndGradients) { expect_add_norm(at::kFloat, 1e-6); }
TEST(AddNorm, RoundsOnceInBf16) { expect_add_norm(at::kBFloat16, 4e-3); }

TEST(AddNorm, PassesTheGradientOfTheSumAloneToBothTerms) {
  const auto [residual, plain_residual] = leaves({3, 8}, 1, at::kFloat);
  const auto [delta, plain_delta] = leaves({3, 8}, 2, at::kBFloat16);
  const at::Tensor sum = add_norm(residual, delta, at::ones({8}), 1e-5, at::kBFloat16).first;
  const at::Tensor outer = random_normal({3, 8}, 3, at::kFloat);
  const auto found = grad({sum}, {residual, delta}, {outer});
  EXPECT_TRUE(at::equal(found[0], outer));
  EXPECT_TRUE(at::equal(found[1], outer.to(at::kBFloat16)));
}

TEST(AddNorm, TakesNoDelta) {
  const auto [residual, plain] = leaves({3, 8}, 1, at::kFloat);
  const auto [sum, normed] = add_norm(residual, at::Tensor(), at::ones({8}), 1e-5, at::kFloat);
  EXPECT_TRUE(at::equal(sum, residual));
  const auto found = grad({normed}, {residual}, {at::ones({3, 8})});
  const auto expected =
      grad({plain * (plain.square().mean(1, true) + 1e-5).rsqrt()}, {plain}, {at::ones({3, 8}, at::kDouble)});
  EXPECT_LE(relative(found[0], expected[0]), 1e-5);
}

TEST(Rotate, TurnsAdjacentPairsOfQueriesAndKeysAndLeavesValues) {
  // One query head, one key head, one value head of two: the angle itself.
  const Rotation rotation{at::tensor({1.0f, 0.0f}).view({2, 1}), at::tensor({0.0f, 1.0f}).view({2, 1})};
  const AttentionShape shape{1, 1, 2, 1.0f};
  const at::Tensor rows =
      at::tensor({1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f}).repeat({2, 1}).requires_grad_(true);
  const at::Tensor turned = rotate(rows, rotation, at::tensor({0, 1}, at::kLong), shape);
  EXPECT_TRUE(at::equal(turned[0], rows[0]));
  EXPECT_TRUE(at::equal(turned[1], at::tensor({-2.0f, 1.0f, -4.0f, 3.0f, 5.0f, 6.0f})));
  const auto found =
      grad({turned}, {rows}, {at::tensor({1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f}).repeat({2, 1})});
  EXPECT_TRUE(at::equal(found[0][1], at::tensor({2.0f, -1.0f, 4.0f, -3.0f, 5.0f, 6.0f})));
}

TEST(Rotate, KeepsNormsAndLetsScoresDependOnRelativePositionsOnly) {
  const at::Tensor angles =
      at::outer(at::arange(64, at::kDouble), at::tensor({1.0, 0.3, 0.01, 1e-4}, at::kDouble));
  const Rotation rotation{at::cos(angles).to(at::kFloat), at::sin(angles).to(at::kFloat)};
  const AttentionShape shape{1, 1, 8, 1.0f};
  const at::Tensor one = random_normal({1, 24}, 5, at::kFloat);
  const at::Tensor rows =
      rotate(one.expand({64, 24}).contiguous(), rotation, at::arange(64, at::kLong), shape);
  const at::Tensor queries = rows.narrow(1, 0, 8).to(at::kDouble);
  const at::Tensor keys = rows.narrow(1, 8, 8).to(at::kDouble);
  EXPECT_TRUE(at::allclose(queries.norm(2, 1), queries[0].norm().expand({64}), 1e-6, 1e-6));
  const at::Tensor scores = at::matmul(queries, keys.t());
  for (const std::int64_t distance : {0, 1, 17, 40}) {
    const at::Tensor same = scores.diagonal(-distance);
    EXPECT_TRUE(at::allclose(same, same[0].expand_as(same), 1e-5, 1e-5)) << distance;
  }
}

void expect_swiglu(at::ScalarType type, double tolerance) {
  const auto [gate_up, plain] = leaves({5, 2 * 37}, 1, type);
  const auto halves = plain.chunk(2, 1);
  const at::Tensor expected = at::silu(halves[0]) * halves[1];
  const at::Tensor found = swiglu(gate_up);
  EXPECT_LE(relative(found, expected), tolerance);
  const at::Tensor outer = random_normal({5, 37}, 2).to(type);
  const auto found_grad = grad({found}, {gate_up}, {outer});
  const auto expected_grad = grad({expected}, {plain}, {outer.to(at::kDouble)});
  EXPECT_LE(relative(found_grad[0], expected_grad[0]), tolerance);
}

TEST(SwiGlu, EqualsTheFormulaInValuesAndGradients) { expect_swiglu(at::kFloat, 1e-6); }
TEST(SwiGlu, RoundsOnceInBf16) { expect_swiglu(at::kBFloat16, 4e-3); }

TEST(SwiGlu, IsFiniteWhereTheExponentialOverflows) {
  const at::Tensor found = swiglu(at::tensor({-1e30f, -200.0f, 200.0f, 1.0f, 1.0f, 1.0f}).view({1, 6}));
  EXPECT_TRUE(at::isfinite(found).all().item<bool>());
  EXPECT_NEAR(found[0][1].item<float>(), 0.0f, 1e-30);
  EXPECT_EQ(found[0][2].item<float>(), 200.0f);
}

}  // namespace
}  // namespace gistmill::decoder::test
