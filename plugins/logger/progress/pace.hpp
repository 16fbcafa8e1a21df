// A rate that follows the last half minute or so: steps differ, and the first ones are slow.
#pragma once

#include <cmath>

namespace gistmill::progress {

class Pace {
 public:
  // `amount` took `seconds`. What is older weighs less: by a factor of e every kMemory seconds.
  void add(double amount, double seconds) {
    if (!(seconds > 0.0) || !std::isfinite(amount) || !std::isfinite(seconds)) return;
    const double keep = std::exp(-seconds / kMemory);
    amount_ = amount_ * keep + amount;
    seconds_ = seconds_ * keep + seconds;
  }

  bool known() const { return seconds_ > 0.0; }
  double per_second() const { return amount_ / seconds_; }

 private:
  static constexpr double kMemory = 30.0;  // seconds
  double amount_ = 0.0;
  double seconds_ = 0.0;
};

}  // namespace gistmill::progress
