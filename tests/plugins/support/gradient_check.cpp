// Central differences; see gradient_check.hpp.
#include "tests/plugins/support/gradient_check.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

namespace gistmill::test {

at::Tensor random_normal(at::IntArrayRef shape, std::uint64_t seed, at::ScalarType type) {
  return at::empty(shape, at::kDouble).normal_(0, 1, at::detail::createCPUGenerator(seed)).to(type);
}

void expect_gradients_match(const std::function<at::Tensor()>& f, const std::vector<Named>& inputs,
                            double tolerance) {
  constexpr double kStep = 1e-5;  // with third derivatives of size 1, differences are right to about 1e-10
  const at::Tensor output = f();
  const at::Tensor weights = random_normal(output.sizes(), 77);
  std::vector<at::Tensor> sources;
  for (const Named& input : inputs) sources.push_back(input.tensor);
  const auto gradients = ::torch::autograd::grad({output}, sources, {weights}, /*retain_graph=*/false,
                                                 /*create_graph=*/false, /*allow_unused=*/true);
  const at::NoGradGuard no_grad;
  const auto value = [&] { return (f() * weights).sum().item<double>(); };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    ASSERT_TRUE(gradients[i].defined()) << inputs[i].name << " has no gradient";
    at::Tensor tensor = inputs[i].tensor;
    const at::Tensor kept = tensor.clone();
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      const at::Tensor random = random_normal(tensor.sizes(), 1000 + 2 * i + seed);
      const at::Tensor direction = random / random.norm();
      tensor.copy_(kept + kStep * direction);
      const double above = value();
      tensor.copy_(kept - kStep * direction);
      const double below = value();
      tensor.copy_(kept);
      const double expected = (above - below) / (2 * kStep);
      const double found = (gradients[i] * direction).sum().item<double>();
      const double size = std::max({std::abs(expected), std::abs(found), 1e-3});
      EXPECT_LT(std::abs(expected - found) / size, tolerance)
          << inputs[i].name << ": gradient along a direction is " << found << " when differences give "
          << expected;
    }
  }
}

void expect_slope(const std::function<double()>& loss, const at::Tensor& at, const at::Tensor& gradient,
                  const std::string& name, double tolerance) {
  constexpr double kStep = 4e-3;
  const at::Tensor step = random_normal(at.sizes(), 9, at::kFloat);
  at.add_(step, kStep);
  const double above = loss();
  at.sub_(step, 2 * kStep);
  const double below = loss();
  at.add_(step, kStep);
  const double expected = (above - below) / (2 * kStep);
  EXPECT_NEAR((gradient * step).sum().item<double>(), expected, tolerance * (1 + std::abs(expected))) << name;
}

}  // namespace gistmill::test
