#include "plugins/loss/lens/pairs.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "plugins/loss/lens/pair_rows.hpp"

namespace gistmill::lens {
namespace {

// Slopes of so many entries are summed up in T, those sums in double.
constexpr std::int64_t kRows = 128;
// Above it exp(u / T) leaves what float holds, and pairs are taken one by one.
constexpr double kWidest = 60;

// Entries in ascending order of their targets. Those before below[i] are pairs of entry i.
template <class T>
struct Sorted {
  std::vector<std::int64_t> order;  // entry of the caller's arrays
  std::vector<double> u;            // in units of the temperature, around 0
  std::vector<std::int64_t> below;
  double pairs = 0;
  double width = 0;  // greatest u minus least
};

template <class T>
Sorted<T> sorted(std::int64_t count, const T* u, const T* y, const PairSettings& settings) {
  Sorted<T> made;
  made.order.resize(static_cast<std::size_t>(count));
  std::iota(made.order.begin(), made.order.end(), 0);
  std::stable_sort(made.order.begin(), made.order.end(),
                   [&](std::int64_t a, std::int64_t b) { return y[a] < y[b]; });
  const auto [least, greatest] = std::minmax_element(u, u + count);
  const double middle = (static_cast<double>(*least) + static_cast<double>(*greatest)) / 2;
  made.width = (static_cast<double>(*greatest) - static_cast<double>(*least)) / settings.temperature;
  const T margin = static_cast<T>(settings.margin);
  std::int64_t below = 0;
  for (const std::int64_t entry : made.order) {
    made.u.push_back((static_cast<double>(u[entry]) - middle) / settings.temperature);
    while (below < count && y[entry] > y[made.order[static_cast<std::size_t>(below)]] + margin) ++below;
    made.below.push_back(below);
    made.pairs += static_cast<double>(below);
  }
  return made;
}

// Factors 1 + t that may be multiplied within T.
template <class T>
int group_of(double width) {
  const double largest = std::log1p(std::exp(width));
  const double room = sizeof(T) == sizeof(float) ? 69 : 170;  // log of 1e30, of 1e74
  return static_cast<int>(std::clamp(room / largest, 1.0, 64.0));
}

struct Sums {
  double value = 0;
  std::vector<double> slope;  // [count] of the value in u, in sorted order
};

template <class T>
void add_rows(const Sorted<T>& all, const std::vector<T>& e, std::int64_t first, std::int64_t last,
              Sums& sums) {
  const int group = group_of<T>(all.width);
  std::vector<T> slope(all.u.size(), T(0));
  for (std::int64_t i = first; i < last; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const PairRow<T> row =
        pair_row(all.below[at], e.data(), static_cast<T>(std::exp(-all.u[at])), group, slope.data());
    sums.value += row.logarithms;
    sums.slope[at] -= row.slopes;
  }
  const std::int64_t reached = all.below[static_cast<std::size_t>(last - 1)];
  for (std::int64_t j = 0; j < reached; ++j)
    sums.slope[static_cast<std::size_t>(j)] += static_cast<double>(slope[static_cast<std::size_t>(j)]);
}

// The same one by one, for scores so far apart that their exponentials are not to be had.
template <class T>
void add_wide_rows(const Sorted<T>& all, std::int64_t first, std::int64_t last, Sums& sums) {
  for (std::int64_t i = first; i < last; ++i) {
    const auto at = static_cast<std::size_t>(i);
    for (std::size_t j = 0; j < static_cast<std::size_t>(all.below[at]); ++j) {
      const double x = all.u[j] - all.u[at];
      const double small = std::exp(-std::abs(x));
      const double slope = x > 0 ? 1 / (1 + small) : small / (1 + small);
      sums.value += std::max(x, 0.0) + std::log1p(small);
      sums.slope[j] += slope;
      sums.slope[at] -= slope;
    }
  }
}

template <class T>
PairLoss loss_of(std::int64_t count, const T* u, const T* y, const PairSettings& settings, double weight,
                 double* gradient) {
  if (count == 0) return {};
  const Sorted<T> all = sorted(count, u, y, settings);
  if (all.pairs == 0) return {};
  std::vector<T> e(all.u.size());
  const bool wide = all.width > kWidest;
  if (!wide)
    std::transform(all.u.begin(), all.u.end(), e.begin(),
                   [](double x) { return static_cast<T>(std::exp(x)); });
  const std::int64_t blocks = (count + kRows - 1) / kRows;
  // Later entries have more pairs: blocks are dealt out in turn.
  const std::int64_t parts = std::min<std::int64_t>(at::get_num_threads(), blocks);
  std::vector<Sums> sums(static_cast<std::size_t>(parts));
  at::parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part) {
      Sums& own = sums[static_cast<std::size_t>(part)];
      own.slope.assign(static_cast<std::size_t>(count), 0.0);
      for (std::int64_t block = part; block < blocks; block += parts) {
        const std::int64_t first = block * kRows, last = std::min(count, first + kRows);
        wide ? add_wide_rows(all, first, last, own) : add_rows(all, e, first, last, own);
      }
    }
  });
  PairLoss loss{0, all.pairs};
  for (const Sums& own : sums) {
    loss.value += own.value / all.pairs;
    for (std::size_t i = 0; i < own.slope.size(); ++i)
      gradient[all.order[i]] += weight * own.slope[i] / (all.pairs * settings.temperature);
  }
  return loss;
}

}  // namespace

PairLoss pair_loss(std::int64_t count, const float* u, const float* y, const PairSettings& settings,
                   double weight, double* gradient) {
  return loss_of(count, u, y, settings, weight, gradient);
}
PairLoss pair_loss(std::int64_t count, const double* u, const double* y, const PairSettings& settings,
                   double weight, double* gradient) {
  return loss_of(count, u, y, settings, weight, gradient);
}

}  // namespace gistmill::lens
