#include "host/run/machine.hpp"

#include <ATen/Parallel.h>

#include "host/instance/machine.hpp"

namespace gistmill {

int set_up_machine(std::int64_t threads) {
  keep_freed_memory();
  const int count = threads > 0 ? static_cast<int>(threads) : physical_cores();
  at::set_num_threads(count);
  return count;
}

}  // namespace gistmill
