#include "plugins/metric/lens/order.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gistmill::metric {
namespace {

// Indices by descending value, equal ones in their order.
std::vector<std::size_t> descending(const std::vector<float>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  return order;
}

double gain_of(const std::vector<std::size_t>& order, const std::vector<float>& y, float least,
               std::size_t count) {
  double sum = 0;
  for (std::size_t rank = 0; rank < std::min(count, order.size()); ++rank)
    sum += static_cast<double>(y[order[rank]] - least) / std::log2(static_cast<double>(rank) + 2);
  return sum;
}

double mean(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double ranking_accuracy(const std::vector<float>& u, const std::vector<float>& y, float margin) {
  double pairs = 0, right = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    for (std::size_t j = 0; j < u.size(); ++j) {
      if (!(y[i] > y[j] + margin)) continue;
      pairs += 1;
      right += u[i] > u[j] ? 1 : u[i] == u[j] ? 0.5 : 0;
    }
  }
  return pairs > 0 ? right / pairs : 0.5;
}

double pearson(const std::vector<float>& u, const std::vector<float>& y) {
  if (u.size() < 2) return 0;
  const double mean_u = mean(u), mean_y = mean(y);
  double both = 0, square_u = 0, square_y = 0;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double a = static_cast<double>(u[i]) - mean_u, b = static_cast<double>(y[i]) - mean_y;
    both += a * b;
    square_u += a * a;
    square_y += b * b;
  }
  return square_u > 0 && square_y > 0 ? both / std::sqrt(square_u * square_y) : 0;
}

double ndcg(const std::vector<float>& u, const std::vector<float>& y, std::size_t count) {
  if (y.empty()) return 1;
  const float least = *std::min_element(y.begin(), y.end());
  const double best = gain_of(descending(y), y, least, count);
  return best > 0 ? gain_of(descending(u), y, least, count) / best : 1;
}

}  // namespace gistmill::metric
