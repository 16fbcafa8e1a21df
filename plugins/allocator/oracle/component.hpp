// allocator/oracle: see knapsack.hpp.
#pragma once

#include <gistmill/plugin.hpp>

#include "plugins/allocator/common/hysteresis.hpp"

namespace gistmill::allocator {

class Oracle {
 public:
  // Throws Error(GM_ERROR_USER) with the option's key.
  explicit Oracle(const Options& options)
      : max_actions_(max_actions_of(options)), hysteresis_(hysteresis_of(options)) {}

  // utilities f32[N, 2]: what expanding an entry gains, and collapsing it; of siblings that collapse
  // together, the first's is that of all.
  Tensor allocate(const Tensor& levels, const Tensor& starts, const Tensor& utilities,
                  const Tensor& residency, const Tensor& last_action, const Tensor& block,
                  const Tensor& cursor, const Tensor& budget, const Tensor& protected_tail) const;

 private:
  std::size_t max_actions_;
  Hysteresis hysteresis_;
};

}  // namespace gistmill::allocator
