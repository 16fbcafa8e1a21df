// Fails a fuzz target whose input costs more than it may: memory beyond twice its size and 1 MiB (unless told
// otherwise), or a second of this thread's time. Memory is what is alive at once, counted through the
// sanitizers' hooks, not only single allocations. Time is the processor's: libFuzzer's -timeout is the wall
// clock's, and a busy machine is no defect.
#pragma once

#include <cstddef>

namespace gistmill::fuzz {

class CostWatch {
 public:
  explicit CostWatch(std::size_t input_size, std::size_t factor = 2, std::size_t constant = 1 << 20);
  // Aborts where the most that was spent since construction is too much.
  ~CostWatch();
  CostWatch(const CostWatch&) = delete;
  CostWatch& operator=(const CostWatch&) = delete;

 private:
  std::size_t size_, allowed_, before_;
  double start_;
};

}  // namespace gistmill::fuzz
