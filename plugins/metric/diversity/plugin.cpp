// metric/diversity: cosine distances among the gists of a document. Needs no LibTorch.
#include <gistmill/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>
#include <vector>

namespace {

using gistmill::Tensor;

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

// Vectors without a length have no direction: no distance is measured among them.
bool all_zero(const float* rows, std::int64_t count) {
  return std::all_of(rows, rows + count, [](float value) { return value == 0; });
}

// rows f32[K, n] -> the same in units of their length, f64; a row of zeros stays one.
std::vector<double> units(const float* rows, std::int64_t count, std::int64_t size) {
  std::vector<double> all(rows, rows + count * size);
  for (std::int64_t k = 0; k < count; ++k) {
    double* row = all.data() + k * size;
    double squares = 0;
    for (std::int64_t i = 0; i < size; ++i) squares += row[i] * row[i];
    const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (std::int64_t i = 0; i < size; ++i) row[i] *= scale;
  }
  return all;
}

class Diversity {
 public:
  explicit Diversity(const gistmill::Options&) {}

  // gist f32[K, G, D] -> distance, adjacent_distance, distance_gap f32[K]
  std::tuple<Tensor, Tensor, Tensor> measure(const Tensor& gist) const {
    const std::int64_t count = gist.shape()[0];
    const std::int64_t size = gist.shape()[1] * gist.shape()[2];
    std::vector<float> far(static_cast<std::size_t>(count), kNone);
    std::vector<float> adjacent = far;
    std::vector<float> gap = far;
    const auto answer = [&] {
      return std::tuple(Tensor::of(far, {count}), Tensor::of(adjacent, {count}), Tensor::of(gap, {count}));
    };
    if (all_zero(gist.data<float>(), count * size)) return answer();
    const std::vector<double> rows = units(gist.data<float>(), count, size);
    const auto distance = [&](std::int64_t a, std::int64_t b) {
      double dot = 0;
      for (std::int64_t i = 0; i < size; ++i) dot += rows[a * size + i] * rows[b * size + i];
      return 1 - dot;
    };
    for (std::int64_t k = 0; k < count; ++k) {
      double sum = 0;
      std::int64_t others = 0;
      for (std::int64_t other = 0; other < count; ++other) {
        if (std::abs(other - k) < 2) continue;
        sum += distance(k, other);
        ++others;
      }
      if (others > 0) far[k] = static_cast<float>(sum / static_cast<double>(others));
      if (k + 1 < count) adjacent[k] = static_cast<float>(distance(k, k + 1));
      gap[k] = far[k] - adjacent[k];
    }
    return answer();
  }
};

}  // namespace

GISTMILL_PLUGIN(gistmill::component<Diversity>("metric/diversity").operation("measure", &Diversity::measure));
