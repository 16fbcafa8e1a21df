// The last numbers of a series, and how far another one lies above them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace gistmill::monitor {

class Window {
 public:
  explicit Window(std::size_t size) : size_(size) {}

  void add(double value) {
    if (values_.size() == size_) values_.erase(values_.begin());
    values_.push_back(value);
  }

  std::size_t count() const { return values_.size(); }
  bool full() const { return values_.size() == size_; }
  const std::vector<double>& values() const { return values_; }
  void set_values(std::vector<double> values) { values_ = std::move(values); }

  double mean() const {
    double sum = 0;
    for (const double value : values_) sum += value;
    return sum / static_cast<double>(values_.size());
  }

  // Of the older half of the numbers (0) or the newer one (1); of an odd number the middle one is in neither.
  double mean_of_half(std::size_t half) const {
    const std::size_t count = values_.size() / 2;
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i)
      sum += half == 0 ? values_[i] : values_[values_.size() - count + i];
    return sum / static_cast<double>(count);
  }

  // Standard deviations above the mean. Of numbers that hardly differ the deviation is taken as a thousandth
  // of the mean: rounding is no spike.
  double deviations(double value) const {
    const double middle = mean();
    double squares = 0;
    for (const double each : values_) squares += (each - middle) * (each - middle);
    const double deviation = std::sqrt(squares / static_cast<double>(values_.size()));
    const double least = std::max(1e-3 * std::abs(middle), 1e-30);
    return (value - middle) / std::max(deviation, least);
  }

 private:
  std::size_t size_;
  std::vector<double> values_;  // oldest first
};

}  // namespace gistmill::monitor
