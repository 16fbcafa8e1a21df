// metric/twins: whether a gist says what its span and a twin of it differ in. Needs no LibTorch.
#include <gistmill/plugin.hpp>

#include <cmath>
#include <cstdint>
#include <tuple>
#include <vector>

namespace {

using gistmill::Tensor;

// 1 - cosine of two vectors, n numbers each; nan where one of them is zero or n is 0.
float distance(const float* a, const float* b, std::int64_t n) {
  double dot = 0;
  double a_squares = 0;
  double b_squares = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double x = a[i];
    const double y = b[i];
    dot += x * y;
    a_squares += x * x;
    b_squares += y * y;
  }
  return static_cast<float>(1 - dot / std::sqrt(a_squares * b_squares));  // 0 / 0 is nan
}

// The mean of twin - own over the targets that `counts` marks, H numbers each; nan without any.
float mean_cost(const float* own, const float* twin, const float* counts, std::int64_t targets) {
  double sum = 0;
  std::int64_t marked = 0;
  for (std::int64_t i = 0; i < targets; ++i) {
    if (counts[i] == 0) continue;
    sum += static_cast<double>(twin[i]) - static_cast<double>(own[i]);
    ++marked;
  }
  return static_cast<float>(sum / static_cast<double>(marked));
}

float told_apart(float cost) {
  if (std::isnan(cost)) return cost;
  return cost > 0 ? 1.0f : cost == 0 ? 0.5f : 0.0f;
}

class Twins {
 public:
  explicit Twins(const gistmill::Options&) {}

  // gist, twin_gist f32[K, G, D], the others f32[K, H] -> twin_distance, twin_cost, recall_cost, told_apart
  // f32[K]
  std::tuple<Tensor, Tensor, Tensor, Tensor> measure(const Tensor& gist, const Tensor& twin_gist,
                                                     const Tensor& nll_replaced, const Tensor& nll_twin,
                                                     const Tensor& mask, const Tensor& recall) const {
    const std::int64_t count = gist.shape()[0];
    const std::int64_t size = gist.shape()[1] * gist.shape()[2];
    const std::int64_t targets = mask.shape()[1];
    std::vector<float> apart, cost, recalled, told;
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t row = k * targets;
      const auto cost_over = [&](const Tensor& counts) {
        return mean_cost(nll_replaced.data<float>() + row, nll_twin.data<float>() + row,
                         counts.data<float>() + row, targets);
      };
      apart.push_back(distance(gist.data<float>() + k * size, twin_gist.data<float>() + k * size, size));
      cost.push_back(cost_over(mask));
      recalled.push_back(cost_over(recall));
      told.push_back(told_apart(recalled.back()));
    }
    return {Tensor::of(apart, {count}), Tensor::of(cost, {count}), Tensor::of(recalled, {count}),
            Tensor::of(told, {count})};
  }
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Twins>("metric/twins").operation("measure", &Twins::measure));
