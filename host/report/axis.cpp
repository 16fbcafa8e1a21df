// Tick steps after Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990, with 2.5 added.
#include "host/report/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gistmill {
namespace {

// Labels beyond these are written with an exponent: "2e-4" instead of "0.0002".
constexpr double kSmallest = 0.01;
constexpr double kLargest = 1e5;

double round_step(double rough) {
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (rough <= factor * power * (1.0 + 1e-9)) return factor * power;
  }
  return 10.0 * power;
}

// So many decimals that multiples of `step` differ: 0.25 -> 2, 0.1 -> 1, 10 -> 0.
int decimals_of(double step) {
  for (int decimals = 0; decimals < 12; ++decimals) {
    const double scaled = step * std::pow(10.0, decimals);
    if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return 12;
}

}  // namespace

Axis make_axis(double low, double high, int ticks, bool whole_ticks) {
  if (!std::isfinite(low)) low = std::isfinite(high) ? high : 0.0;
  if (!std::isfinite(high)) high = low;
  if (high < low) std::swap(low, high);
  const double room = std::max(std::abs(low), std::abs(high));
  if (high - low <= room * 1e-9) {
    low -= room == 0.0 ? 0.5 : room * 0.1;
    high += room == 0.0 ? 0.5 : room * 0.1;
  }
  const double step = round_step((high - low) / std::max(1, ticks));
  Axis axis;
  axis.low = whole_ticks ? std::floor(low / step + 1e-9) * step : low;
  axis.high = whole_ticks ? std::ceil(high / step - 1e-9) * step : high;
  const double first = std::ceil(axis.low / step - 1e-9);
  const double last = std::floor(axis.high / step + 1e-9);
  const int steps = static_cast<int>(last - first);
  for (int i = 0; i <= steps; ++i) {
    const double k = first + i;
    axis.ticks.push_back(k == 0.0 ? 0.0 : k * step);  // not -0
  }
  const double largest = std::max(std::abs(axis.low), std::abs(axis.high));
  if (largest < kSmallest || largest >= kLargest) {
    axis.exponent = static_cast<int>(std::floor(std::log10(largest)));
  }
  axis.decimals = decimals_of(step / std::pow(10.0, axis.exponent));
  return axis;
}

std::string Axis::label(double tick) const {
  if (exponent == 0) return fmt::format("{:.{}f}", tick, decimals);
  if (tick == 0.0) return "0";
  return fmt::format("{:.{}f}e{}", tick / std::pow(10.0, exponent), decimals, exponent);
}

std::vector<Point> smoothed(const std::vector<Point>& points, std::size_t half) {
  std::vector<Point> out;
  out.reserve(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t reach = std::min(half, i);
    const std::size_t end = std::min(i + reach + 1, points.size());
    double sum = 0.0;
    double count = 0.0;
    for (std::size_t j = i - reach; j < end; ++j) {
      if (!std::isfinite(points[j].y)) continue;
      sum += points[j].y;
      count += 1.0;
    }
    out.push_back({points[i].x, count == 0.0 ? std::numeric_limits<double>::quiet_NaN() : sum / count});
  }
  return out;
}

std::vector<Point> thinned(const std::vector<Point>& points, std::size_t buckets) {
  if (buckets == 0 || points.size() <= 2 * buckets) return points;
  const auto lower = [](const Point& a, const Point& b) { return a.y < b.y; };
  std::vector<Point> out;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    std::vector<Point> inside;
    const std::size_t end = (bucket + 1) * points.size() / buckets;
    for (std::size_t i = bucket * points.size() / buckets; i < end; ++i) {
      if (std::isfinite(points[i].y)) inside.push_back(points[i]);
    }
    if (inside.empty()) continue;
    const auto [low, high] = std::ranges::minmax_element(inside, lower);
    out.push_back(low < high ? *low : *high);
    if (low != high) out.push_back(low < high ? *high : *low);
  }
  return out;
}

double quantile(const std::vector<Point>& points, double share) {
  std::vector<double> values;
  for (const Point& point : points) {
    if (std::isfinite(point.y)) values.push_back(point.y);
  }
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto index = static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + index, values.end());
  return values[static_cast<std::size_t>(index)];
}

}  // namespace gistmill
