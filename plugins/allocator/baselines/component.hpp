// allocator/recency, allocator/random and allocator/none.
#pragma once

#include <gistmill/plugin.hpp>

#include "plugins/allocator/baselines/baselines.hpp"

namespace gistmill::allocator {

// Ports of contract `allocator`, without scores and utilities.
class Recency {
 public:
  explicit Recency(const Options& options) : rules_{max_actions_of(options), hysteresis_of(options)} {}

  Tensor allocate(const Tensor& levels, const Tensor& starts, const Tensor& residency,
                  const Tensor& last_action, const Tensor& block, const Tensor& cursor, const Tensor& budget,
                  const Tensor& protected_tail) const;

 private:
  BaselineRules rules_;
};

class Random {
 public:
  explicit Random(const Options& options) : rules_{max_actions_of(options), hysteresis_of(options)} {}

  Tensor allocate(const Call& call, const Tensor& levels, const Tensor& starts, const Tensor& residency,
                  const Tensor& last_action, const Tensor& block, const Tensor& cursor, const Tensor& budget,
                  const Tensor& protected_tail) const;

 private:
  BaselineRules rules_;
};

class None {
 public:
  explicit None(const Options&) {}

  Tensor allocate(const Tensor& levels, const Tensor& starts, const Tensor& residency,
                  const Tensor& last_action, const Tensor& block, const Tensor& cursor, const Tensor& budget,
                  const Tensor& protected_tail) const;
};

}  // namespace gistmill::allocator
