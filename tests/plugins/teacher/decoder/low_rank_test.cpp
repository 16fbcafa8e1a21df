// What adapters add to a product, in one step, against the plain form of it.
#include "plugins/teacher/decoder/low_rank.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "plugins/teacher/decoder/portable.hpp"
#include "tests/plugins/support/gradient_check.hpp"

namespace gistmill::decoder {
namespace {

using gistmill::test::random_normal;

constexpr std::int64_t kInputs = 48;
constexpr std::int64_t kOutputs = 700;  // more than are summed at once, and no multiple of it

// Of three ranks, with outputs between them that none changes.
std::vector<Adapter> adapters() {
  std::vector<Adapter> all;
  for (const auto& [first, rows, rank] : {std::tuple{10, 300, 8}, {310, 7, 1}, {400, 290, 5}}) {
    all.push_back({random_normal({rank, kInputs}, static_cast<std::uint64_t>(rank), at::kFloat),
                   random_normal({rows, rank}, static_cast<std::uint64_t>(rows), at::kFloat), first,
                   0.25 * rank});
    all.back().down.requires_grad_(true);
    all.back().up.requires_grad_(true);
  }
  return all;
}

double distance(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected.to(at::kDouble)).norm() / expected.to(at::kDouble).norm())
      .item<double>();
}

class LowRank : public ::testing::TestWithParam<std::tuple<at::ScalarType, std::int64_t>> {
 protected:
  at::ScalarType type_ = std::get<0>(GetParam());
  std::int64_t rows_ = std::get<1>(GetParam());
  double bound_ = type_ == at::kFloat ? 1e-6 : 4e-3;
  std::vector<Adapter> adapters_ = adapters();
  at::Tensor base_ = random_normal({rows_, kOutputs}, 1, type_).requires_grad_(true);
  at::Tensor x_ = random_normal({rows_, kInputs}, 2, at::kFloat).requires_grad_(true);

  // In a copy, as the step takes its base's memory.
  at::Tensor added(bool gradients) const { return add_low_rank(base_.clone(), x_, adapters_, gradients); }
  at::Tensor plain(bool gradients) const { return portable::add_low_rank(base_, x_, adapters_, gradients); }
};

TEST_P(LowRank, AddsWhatThePlainFormAdds) {
  EXPECT_EQ(added(true).scalar_type(), type_);
  EXPECT_LE(distance(added(true), plain(true)), bound_);
  const at::NoGradGuard no_grad;
  EXPECT_LE(distance(added(true), plain(true)), bound_);
}

TEST_P(LowRank, GivesThePlainFormsGradients) {
  std::vector<at::Tensor> leaves{base_, x_};
  for (const Adapter& adapter : adapters_) leaves.insert(leaves.end(), {adapter.down, adapter.up});
  const at::Tensor grad = random_normal({rows_, kOutputs}, 3, type_);
  const auto found = ::torch::autograd::grad({added(true)}, leaves, {grad});
  const auto expected = ::torch::autograd::grad({plain(true)}, leaves, {grad});
  for (std::size_t i = 0; i < leaves.size(); ++i) EXPECT_LE(distance(found[i], expected[i]), bound_) << i;
}

TEST_P(LowRank, GivesAdaptersThatDoNotTrainNoGradient) {
  const at::Tensor grad = random_normal({rows_, kOutputs}, 3, type_);
  const auto found = ::torch::autograd::grad({added(false)}, {x_}, {grad});
  const auto expected = ::torch::autograd::grad({plain(false)}, {x_}, {grad});
  EXPECT_LE(distance(found[0], expected[0]), bound_);
  EXPECT_FALSE(add_low_rank(base_.detach().clone(), x_.detach(), adapters_, false).requires_grad());
}

INSTANTIATE_TEST_SUITE_P(Types, LowRank,
                         ::testing::Combine(::testing::Values(at::kFloat, at::kBFloat16),
                                            ::testing::Values<std::int64_t>(1, 2, 67)));

TEST(LowRankBase, IsTheMemoryOfTheResult) {
  const at::Tensor base = at::zeros({3, kOutputs});
  const at::Tensor result = add_low_rank(base, random_normal({3, kInputs}, 2, at::kFloat), adapters(), true);
  EXPECT_EQ(result.const_data_ptr(), base.const_data_ptr());
}

}  // namespace
}  // namespace gistmill::decoder
