#include "host/watch/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace gistmill {

namespace {

constexpr std::array kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array kLetters = {".", ":", "-", "=", "+", "*", "#", "@"};

double mean_of_finite(std::span<const double> values) {
  double sum = 0.0;
  int count = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

// One number for each character.
std::vector<double> parts_of(std::span<const double> values, std::size_t cells) {
  const std::size_t count = std::min(cells, values.size());
  std::vector<double> parts;
  for (std::size_t part = 0; part < count; ++part) {
    const std::size_t first = part * values.size() / count;
    const std::size_t last = (part + 1) * values.size() / count;
    parts.push_back(mean_of_finite(values.subspan(first, last - first)));
  }
  return parts;
}

}  // namespace

std::string sparkline(std::span<const double> values, int cells, bool utf8) {
  const std::vector<double> parts = parts_of(values, static_cast<std::size_t>(std::max(0, cells)));
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double part : parts) {
    if (std::isnan(part)) continue;
    low = std::min(low, part);
    high = std::max(high, part);
  }
  std::string text;
  for (const double part : parts) {
    if (std::isnan(part)) {
      text += ' ';
      continue;
    }
    const double height = high > low ? (part - low) / (high - low) : 0.5;
    const auto level = static_cast<std::size_t>(std::clamp(std::lround(height * 7.0), 0L, 7L));
    text += utf8 ? kBlocks.at(level) : kLetters.at(level);
  }
  return text;
}

}  // namespace gistmill
