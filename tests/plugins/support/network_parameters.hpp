// Collects what a network registers, in f64 and at values where nothing is zero by design, for gradient
// checks.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <string>
#include <vector>

#include "gistmill/layers.hpp"
#include "tests/plugins/support/gradient_check.hpp"

namespace gistmill::test {

class NetworkParameters {
 public:
  // A builder whose parameters land here as f64 leaves.
  torch::Builder builder(std::uint64_t seed = 1) {
    return {[this](const std::string& name, const at::Tensor& initial, std::uint32_t) {
              const at::Tensor leaf = initial.to(at::kDouble).requires_grad_(true);
              named_.push_back({name, leaf});
              return leaf;
            },
            at::make_generator<at::CPUGeneratorImpl>(seed)};
  }

  // Adds noise to every parameter: heads start at zero, and then nothing behind them has a gradient.
  void perturb(double deviation = 0.2) {
    const at::NoGradGuard no_grad;
    std::uint64_t seed = 500;
    for (Named& one : named_) one.tensor.add_(deviation * random_normal(one.tensor.sizes(), seed++));
  }

  const std::vector<Named>& all() const { return named_; }
  std::int64_t elements() const {
    std::int64_t total = 0;
    for (const Named& one : named_) total += one.tensor.numel();
    return total;
  }

 private:
  std::vector<Named> named_;
};

}  // namespace gistmill::test
