#include "plugins/lensnet/attention/attention.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "plugins/focus/common/batch.hpp"
#include "plugins/focus/common/targets.hpp"

namespace gistmill::lensnet {
namespace {

constexpr double kNothing = 1e-30;  // in place of no attention at all, whose logarithm is none

// log of what the rows of each entry get together.
std::vector<double> logs_of(const focus::Entries& entries, const Tensor& attended) {
  const std::int64_t rows = attended.size();
  if (rows != entries.cost()) {
    throw Error(GM_ERROR_USER,
                "attention to " + std::to_string(rows) + " rows when the context has " +
                    std::to_string(entries.cost()),
                "attended");
  }
  const auto* const given = attended.data<float>();
  std::vector<double> logs(entries.count);
  std::int64_t row = 0;
  for (std::size_t i = 0; i < entries.count; ++i) {
    double sum = 0;
    const std::int64_t end = row + (entries.levels[i] == 0 ? entries.block : 1);
    for (; row < end; ++row) {
      if (!(given[row] >= 0 && std::isfinite(given[row]))) {
        throw Error(GM_ERROR_USER,
                    "the attention to row " + std::to_string(row) + " is " + std::to_string(given[row]) +
                        " when it should be 0 or above",
                    "attended");
      }
      sum += static_cast<double>(given[row]);
    }
    logs[i] = std::log(std::max(sum, kNothing));
  }
  return logs;
}

struct Moments {
  double mean = 0;
  double deviation = 0;
};

// Of the entries of `level` that count.
Moments moments_of(const focus::Entries& entries, const std::vector<double>& logs, std::int32_t level) {
  double count = 0, sum = 0, squares = 0;
  const auto each = [&](const auto& take) {
    for (std::size_t i = 1; i < entries.count; ++i)
      if (entries.levels[i] == level && !entries.is_protected(i)) take(logs[i]);
  };
  each([&](double c) { ++count, sum += c; });
  if (count < 2) return {};
  const double mean = sum / count;
  each([&](double c) { squares += (c - mean) * (c - mean); });
  return {mean, std::sqrt(squares / count)};
}

}  // namespace

Tensor Attention::score(const Tensor& levels, const Tensor& starts, const Tensor& block, const Tensor& cursor,
                        const Tensor& protected_tail, const Tensor& attended) const {
  const Tensor counts = Tensor::of<std::int32_t>({static_cast<std::int32_t>(levels.size())}, {1});
  const focus::ContextBatch contexts =
      focus::checked_batch(focus::batch_arrays(counts, levels, starts, block, cursor, protected_tail));
  const focus::Entries& entries = contexts[0];
  const std::vector<double> logs = logs_of(entries, attended);
  Tensor scores = Tensor::zeros<float>({levels.size()});
  float* const out = scores.mutable_data<float>();
  for (std::int32_t level = 0; level <= 2; ++level) {
    const Moments moments = moments_of(entries, logs, level);
    if (moments.deviation < 1e-9) continue;
    for (std::size_t i = 1; i < entries.count; ++i) {
      if (entries.levels[i] != level) continue;
      const double score = (logs[i] - moments.mean) / (spread_ * moments.deviation);
      out[i] = static_cast<float>(std::clamp(score, -1.0, 1.0));
    }
  }
  focus::mask_scores(entries, out);
  return scores;
}

}  // namespace gistmill::lensnet
