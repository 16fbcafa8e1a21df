// The ports that every allocator has, as one value, and its actions as a port.
#pragma once

#include <cstdint>
#include <vector>

#include <gistmill/plugin.hpp>

#include "plugins/focus/common/entries.hpp"

namespace gistmill::allocator {

// Keeps the arrays of one call alive, and shows them as entries.
class ContextPorts {
 public:
  // Ports of contract `allocator`. Throws Error(GM_ERROR_USER) where they do not say one context.
  ContextPorts(Tensor levels, Tensor starts, Tensor residency, Tensor last_action, const Tensor& block,
               const Tensor& cursor, const Tensor& budget, const Tensor& protected_tail);

  const focus::Entries& entries() const { return entries_; }

 private:
  Tensor levels_, starts_, residency_, last_action_;
  focus::Entries entries_;
};

// actions i32[A, 2]: index of an entry, and 1 (expand) or -1 (collapse).
Tensor actions_of(const std::vector<focus::Edit>& edits);

}  // namespace gistmill::allocator
