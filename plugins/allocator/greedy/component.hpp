// allocator/greedy and allocator/no-cooldown: the same choice, without hysteresis in the second.
#pragma once

#include <string>

#include <gistmill/plugin.hpp>

#include "plugins/allocator/common/ports.hpp"
#include "plugins/allocator/greedy/greedy.hpp"

namespace gistmill::allocator {

class Greedy {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key: thresholds out of order, no actions.
  explicit Greedy(const Options& options);

  // Ports of contract `allocator`.
  Tensor allocate(const Tensor& levels, const Tensor& starts, const Tensor& scores, const Tensor& residency,
                  const Tensor& last_action, const Tensor& block, const Tensor& cursor, const Tensor& budget,
                  const Tensor& protected_tail) const;

 protected:
  Greedy(const Options& options, const Hysteresis& hysteresis);

 private:
  GreedyRules rules_;
};

class NoCooldown : public Greedy {
 public:
  explicit NoCooldown(const Options& options) : Greedy(options, {0, 0}) {}
};

}  // namespace gistmill::allocator
