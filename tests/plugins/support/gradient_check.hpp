// Autograd's gradient of a function against central differences, in f64 along random directions.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gistmill::test {

// Random numbers of a test: the same for the same seed, whatever ran before.
at::Tensor random_normal(at::IntArrayRef shape, std::uint64_t seed, at::ScalarType type = at::kDouble);

struct Named {
  std::string name;
  at::Tensor tensor;  // f64 leaf that requires a gradient
};

// For each input along two random unit directions: the slope of sum(weights * f()), weights random, from
// central differences must equal <gradient, direction> within `tolerance`, relative to the larger of the two
// and 1e-3. `f` reads the tensors, which change in place. An input that autograd finds no gradient for fails.
void expect_gradients_match(const std::function<at::Tensor()>& f, const std::vector<Named>& inputs,
                            double tolerance = 1e-6);

// For what computes in f32: the slope of `loss()` along a random direction of `at`, from central differences
// of 4e-3, must equal <gradient, direction> within `tolerance`, relative to 1 or the slope, whichever is
// more.
void expect_slope(const std::function<double()>& loss, const at::Tensor& at, const at::Tensor& gradient,
                  const std::string& name, double tolerance);

}  // namespace gistmill::test
