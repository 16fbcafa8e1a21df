#include "plugins/allocator/baselines/component.hpp"

#include "plugins/allocator/common/ports.hpp"

namespace gistmill::allocator {

Tensor Recency::allocate(const Tensor& levels, const Tensor& starts, const Tensor& residency,
                         const Tensor& last_action, const Tensor& block, const Tensor& cursor,
                         const Tensor& budget, const Tensor& protected_tail) const {
  const ContextPorts ports(levels, starts, residency, last_action, block, cursor, budget, protected_tail);
  return actions_of(by_recency(ports.entries(), rules_));
}

Tensor Random::allocate(const Call& call, const Tensor& levels, const Tensor& starts, const Tensor& residency,
                        const Tensor& last_action, const Tensor& block, const Tensor& cursor,
                        const Tensor& budget, const Tensor& protected_tail) const {
  const ContextPorts ports(levels, starts, residency, last_action, block, cursor, budget, protected_tail);
  return actions_of(by_chance(ports.entries(), rules_, call.random_key()));
}

Tensor None::allocate(const Tensor& levels, const Tensor& starts, const Tensor& residency,
                      const Tensor& last_action, const Tensor& block, const Tensor& cursor,
                      const Tensor& budget, const Tensor& protected_tail) const {
  const ContextPorts ports(levels, starts, residency, last_action, block, cursor, budget, protected_tail);
  return actions_of({});
}

}  // namespace gistmill::allocator
