// The product with a packed matrix against the plain one, and its gradient.
#include "plugins/teacher/decoder/packed_linear.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "tests/plugins/support/gradient_check.hpp"

namespace gistmill::decoder {
namespace {

using gistmill::test::random_normal;

void expect_plain(at::ScalarType type, std::int64_t rows, double tolerance) {
  const at::Tensor weight = random_normal({48, 80}, 1, type);
  const at::Tensor packed = pack_weight(weight);
  if (!packed.defined()) GTEST_SKIP() << "this LibTorch has no oneDNN";
  const at::Tensor bias = random_normal({48}, 2, type);
  const at::Tensor grad = random_normal({rows, 48}, 4, type);
  const at::Tensor x = random_normal({rows, 80}, 3, type).requires_grad_(true);
  const at::Tensor plain_x = x.detach().to(at::kDouble).requires_grad_(true);
  for (const at::Tensor& added : {bias, at::Tensor()}) {
    const at::Tensor found = packed_linear(x, weight, packed, added);
    const at::Tensor expected =
        at::linear(plain_x, weight.to(at::kDouble), added.defined() ? added.to(at::kDouble) : added);
    EXPECT_EQ(found.scalar_type(), type);
    EXPECT_LE(((found.to(at::kDouble) - expected).norm() / expected.norm()).item<double>(), tolerance);
    const auto found_grad = ::torch::autograd::grad({found}, {x}, {grad});
    const auto expected_grad = ::torch::autograd::grad({expected}, {plain_x}, {grad.to(at::kDouble)});
    EXPECT_LE(
        ((found_grad[0].to(at::kDouble) - expected_grad[0]).norm() / expected_grad[0].norm()).item<double>(),
        tolerance);
  }
}

TEST(PackedLinear, EqualsThePlainProductForAnyNumberOfRows) {
  for (const std::int64_t rows : {1, 2, 31, 1024}) expect_plain(at::kFloat, rows, 1e-6);
}
TEST(PackedLinear, StaysWithinRoundingInBf16) {
  for (const std::int64_t rows : {1, 2, 31, 1024}) expect_plain(at::kBFloat16, rows, 3e-3);
}

TEST(PackedLinear, GivesNothingForTypesThatItDoesNotKnow) {
  EXPECT_FALSE(pack_weight(at::zeros({8, 8}, at::kDouble)).defined());
}

}  // namespace
}  // namespace gistmill::decoder
