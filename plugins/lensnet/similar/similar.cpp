#include "plugins/lensnet/similar/similar.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "plugins/focus/common/batch.hpp"
#include "plugins/focus/common/targets.hpp"

namespace gistmill::lensnet {
namespace {

// Of `count` rows f32[D].
std::vector<double> mean_of(const float* rows, std::int64_t count, std::int64_t width) {
  std::vector<double> mean(static_cast<std::size_t>(width), 0.0);
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t k = 0; k < width; ++k)
      mean[static_cast<std::size_t>(k)] += static_cast<double>(rows[i * width + k]);
  for (double& number : mean) number /= static_cast<double>(std::max<std::int64_t>(count, 1));
  return mean;
}

// cos(v - m, q - m); 0 where one of them is nothing.
double likeness(const float* v, const std::vector<double>& q, const std::vector<double>& m) {
  double dot = 0, vv = 0, qq = 0;
  for (std::size_t k = 0; k < q.size(); ++k) {
    const double a = static_cast<double>(v[k]) - m[k];
    const double b = q[k] - m[k];
    dot += a * b;
    vv += a * a;
    qq += b * b;
  }
  return vv > 0 && qq > 0 ? dot / std::sqrt(vv * qq) : 0.0;
}

const float* vector_of(const focus::Entries& entries, std::size_t i, const Tensor& level_1,
                       const Tensor& level_2) {
  const bool far = entries.levels[i] == 2;
  const Tensor& vectors = far ? level_2 : level_1;
  const std::int64_t row = entries.starts[i] / focus::width_of(entries.levels[i], entries.block);
  if (row < vectors.shape()[0]) return vectors.data<float>() + row * vectors.shape()[1];
  throw Error(GM_ERROR_USER,
              "the tree has no gist of the entry at token " + std::to_string(entries.starts[i]) +
                  "; it has " + std::to_string(vectors.shape()[0]) + " of that level",
              far ? "level2_gists" : "level1_gists");
}

}  // namespace

Tensor Similar::score(const Tensor& levels, const Tensor& starts, const Tensor& block, const Tensor& cursor,
                      const Tensor& protected_tail, const Tensor& level_1, const Tensor& level_2) const {
  const Tensor counts = Tensor::of<std::int32_t>({static_cast<std::int32_t>(levels.size())}, {1});
  const focus::ContextBatch contexts =
      focus::checked_batch(focus::batch_arrays(counts, levels, starts, block, cursor, protected_tail));
  const focus::Entries& entries = contexts[0];
  const std::int64_t width = level_1.shape()[1];
  const std::int64_t blocks = level_1.shape()[0];
  const std::int64_t recent = std::min(recent_, blocks);
  const std::vector<double> m = mean_of(level_1.data<float>(), blocks, width);
  const std::vector<double> q = mean_of(level_1.data<float>() + (blocks - recent) * width, recent, width);
  std::vector<double> like(entries.count);
  double sum = 0, squares = 0, measured = 0;
  for (std::size_t i = 0; i < entries.count; ++i) {
    like[i] = likeness(vector_of(entries, i, level_1, level_2), q, m);
    if (entries.is_protected(i)) continue;
    sum += like[i];
    squares += like[i] * like[i];
    ++measured;
  }
  Tensor scores = Tensor::zeros<float>({levels.size()});
  float* const out = scores.mutable_data<float>();
  const double mean = measured > 0 ? sum / measured : 0.0;
  const double deviation = measured > 0 ? std::sqrt(std::max(squares / measured - mean * mean, 0.0)) : 0.0;
  for (std::size_t i = 0; i < entries.count; ++i) {
    const double score = deviation > 1e-9 ? (like[i] - mean) / (spread_ * deviation) : 0.0;
    out[i] = static_cast<float>(std::clamp(score, -1.0, 1.0));
  }
  focus::mask_scores(entries, out);
  return scores;
}

}  // namespace gistmill::lensnet
