#include "host/run/break_even.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "host/run/gist_filler.hpp"

namespace gistmill {
namespace {

constexpr std::size_t kTerms = 3;
using Terms = std::array<double, kTerms>;

// Gauss with pivots, of the terms that `used` has a bit for; the others are 0. Nothing where it is singular.
std::optional<Terms> solve(std::array<Terms, kTerms> matrix, Terms right, unsigned used) {
  for (std::size_t i = 0; i < kTerms; ++i) {
    if ((used >> i & 1U) != 0) continue;
    matrix[i].fill(0);
    for (Terms& row : matrix) row[i] = 0;
    matrix[i][i] = 1;
    right[i] = 0;
  }
  for (std::size_t i = 0; i < kTerms; ++i) {
    std::size_t pivot = i;
    for (std::size_t k = i + 1; k < kTerms; ++k)
      if (std::abs(matrix[k][i]) > std::abs(matrix[pivot][i])) pivot = k;
    if (std::abs(matrix[pivot][i]) < 1e-12) return std::nullopt;
    std::swap(matrix[i], matrix[pivot]);
    std::swap(right[i], right[pivot]);
    for (std::size_t k = i + 1; k < kTerms; ++k) {
      const double factor = matrix[k][i] / matrix[i][i];
      for (std::size_t j = i; j < kTerms; ++j) matrix[k][j] -= factor * matrix[i][j];
      right[k] -= factor * right[i];
    }
  }
  for (std::size_t i = kTerms; i-- > 0;) {
    for (std::size_t j = i + 1; j < kTerms; ++j) right[i] -= matrix[i][j] * right[j];
    right[i] /= matrix[i][i];
  }
  return right;
}

Terms terms_at(double x) { return {1, x, x * x}; }

double compress_seconds(std::int64_t tokens, const MeasuredCosts& measured, const StoreReading& reading) {
  const std::int64_t blocks = tokens / reading.block;
  double seconds = 0;
  for (const GistWindow& window : gist_windows(0, blocks * reading.block, reading.block, measured.window)) {
    const std::int64_t not_compressed = (window.first - window.begin) / reading.block;
    seconds += std::max(0.0, measured.pass.at(static_cast<double>(window.end - window.begin)) -
                                 static_cast<double>(not_compressed) * measured.block_seconds);
  }
  const std::int64_t groups = reading.has_groups ? blocks / reading.block : 0;
  seconds += static_cast<double>(groups) * measured.group_seconds;
  return seconds;
}

Cost reading_cost(std::int64_t rows, std::int64_t new_tokens, const MeasuredCosts& measured) {
  const auto begin = static_cast<double>(rows);
  const auto further = static_cast<double>(new_tokens - 1);
  return {measured.prefill.at(begin) + further * measured.step.at(begin + further / 2),
          measured.memory.at(begin + further + 1)};
}

std::int64_t room_of(std::int64_t known, std::int64_t new_tokens) {
  return known > 0 ? std::max<std::int64_t>(known - new_tokens, 1) : 0;
}

}  // namespace

std::int64_t most_rows(std::int64_t tokens, std::int64_t new_tokens, std::int64_t known,
                       const StoreReading& reading) {
  const std::int64_t room = room_of(known, new_tokens);
  return room == 0 || tokens <= room ? tokens : rows_of(tokens, room, reading).rows;
}

CostCurve curve_through(const std::vector<Sample>& samples, bool squared) {
  double scale = 0;  // of x, and of y, for numbers of like size
  double height = 0;
  for (const Sample& sample : samples) {
    scale = std::max(scale, sample.x);
    height = std::max(height, sample.y);
  }
  std::array<Terms, kTerms> matrix{};
  Terms right{};
  for (const Sample& sample : samples) {
    const Terms terms = terms_at(sample.x / scale);
    const double y = sample.y / height;
    for (std::size_t i = 0; i < kTerms; ++i) {
      for (std::size_t j = 0; j < kTerms; ++j) matrix[i][j] += terms[i] * terms[j] / (y * y);
      right[i] += terms[i] / y;
    }
  }
  // Of all ways to leave terms out, the best one with no term below 0.
  Terms best{};
  double least = std::numeric_limits<double>::infinity();
  for (unsigned used = 1; used < (squared ? 8U : 4U); ++used) {
    const std::optional<Terms> found = solve(matrix, right, used);
    if (!found || std::ranges::any_of(*found, [](double term) { return term < 0; })) continue;
    double error = 0;
    for (const Sample& sample : samples) {
      const Terms terms = terms_at(sample.x / scale);
      double y = 0;
      for (std::size_t i = 0; i < kTerms; ++i) y += (*found)[i] * terms[i];
      const double relative = y * height / sample.y - 1;
      error += relative * relative;
    }
    if (error >= least) continue;
    least = error;
    best = *found;
  }
  return {best[0] * height, best[1] * height / scale, best[2] * height / (scale * scale)};
}

ReadRows rows_of(std::int64_t tokens, std::int64_t room, const StoreReading& reading) {
  const std::int64_t blocks = tokens / reading.block;
  const std::int64_t hidden = room > 0 ? std::max<std::int64_t>(tokens - room, 0) : 0;
  const std::int64_t first = std::min((hidden + reading.block - 1) / reading.block, blocks);
  // Blocks before `raw` stand as gists, and of these groups before `old` as gists of level 2.
  const std::int64_t raw =
      std::max(std::max<std::int64_t>(tokens - reading.recent, 0) / reading.block, first);
  ReadRows read{tokens - raw * reading.block, first * reading.block};
  std::int64_t level1 = raw - first;
  if (reading.has_groups) {
    const std::int64_t group = reading.block * reading.block;
    const std::int64_t behind = tokens - std::max(reading.level1, reading.recent);
    const std::int64_t begin = (first + reading.block - 1) / reading.block;
    const std::int64_t old = std::max(std::max<std::int64_t>(behind, 0) / group - begin, std::int64_t{0});
    level1 -= old * reading.block;
    read.rows += old * reading.gists;
  }
  read.rows += level1 * reading.gists;
  read.rows += std::llround(reading.kept * static_cast<double>((raw - first) * reading.block));
  return read;
}

LengthCosts costs_of(std::int64_t tokens, std::int64_t new_tokens, const MeasuredCosts& measured,
                     const StoreReading& reading) {
  LengthCosts costs;
  costs.tokens = tokens;
  const std::int64_t room = room_of(measured.known, new_tokens);
  costs.read = rows_of(tokens, room, reading);
  costs.compress = {compress_seconds(tokens, measured, reading), static_cast<double>(measured.pass_memory)};
  costs.from_store = reading_cost(costs.read.rows, new_tokens, measured);
  costs.is_extrapolated = most_rows(tokens, new_tokens, measured.known, reading) > measured.longest;
  if (room > 0 && tokens > room) return costs;
  costs.whole = reading_cost(tokens, new_tokens, measured);
  const double saved = costs.whole->seconds - costs.from_store.seconds;
  if (saved > 0) {
    const double readings = std::ceil(costs.compress.seconds / saved);
    if (readings < 1e15) costs.pays_from = std::max<std::int64_t>(static_cast<std::int64_t>(readings), 1);
  }
  return costs;
}

}  // namespace gistmill
