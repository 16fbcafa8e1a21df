// Whether a component runs in a process of its own, and what that process may use.
#pragma once

#include <cstdint>

namespace gistmill {

// components.NAME.isolate
struct Isolation {
  double seconds = 0;        // that one call may take before the process is stopped; 0: no limit of its own
  std::uint64_t memory = 0;  // bytes of address space; 0: no limit
  bool network = true;
  std::int64_t skip_steps = 0;  // training steps at most that are left out where the process ends in them
};

}  // namespace gistmill
