// Remembers what pure calls read last time: a call that would read the same again does not run. In memory
// only, for the calls of one pipeline; results on disk are in cached_results.hpp.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/run/step/tensor_instance.hpp"

namespace gistmill {

class CallMemo {
 public:
  explicit CallMemo(std::size_t calls) : inputs_(calls) {}

  // Whether call number `index` would give for `in` what it gave the last time. What has parameters may have
  // changed since, and is never known.
  bool knows(std::size_t index, const PlannedCall& call, TensorInstance& instance,
             const std::vector<SlotValue>& in) const;
  void remember(std::size_t index, std::vector<SlotValue> in) { inputs_[index] = std::move(in); }
  void forget(std::size_t index) { inputs_[index].clear(); }

 private:
  std::vector<std::vector<SlotValue>> inputs_;  // [call]
};

}  // namespace gistmill
