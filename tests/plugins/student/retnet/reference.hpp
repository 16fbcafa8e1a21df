// Retention straight from the paper (arXiv 2307.08621, equations 5 and 8), for tests: one matrix of decays a
// text, no chunks, no memory, padding taken out before anything is computed. Differentiable.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "plugins/student/retnet/model.hpp"

namespace gistmill::retnet::test {

// The smallest sizes that have several heads, pairs and unlike widths.
Config small();
// All that changes the function: each alone, and all together.
struct Choice {
  std::string name;
  Config config;
};
std::vector<Choice> choices();

// mixed [B, T, ..] as retention.hpp's, mask bool[B, T] or undefined -> [B, T, value width], zero at padding.
at::Tensor reference_retention(const Config& config, const at::Tensor& mixed, const at::Tensor& mask = {});

// bool[B, T], true where a document begins: the places of each text.
at::Tensor begins_of(const std::vector<std::vector<std::int64_t>>& places, std::int64_t length);
// x [B, T, ..]: `compute` of each document alone, [1, n, ..], put together again.
at::Tensor apart(const at::Tensor& x, const at::Tensor& begins,
                 const std::function<at::Tensor(const at::Tensor&)>& compute);

// ids i64[B, T] -> [B, T, D], as Model::hidden; without padding.
at::Tensor reference_hidden(const Config& config, const Weights& weights, const at::Tensor& ids);

// The largest difference, relative to the largest value.
double distance(const at::Tensor& found, const at::Tensor& expected);

}  // namespace gistmill::retnet::test
