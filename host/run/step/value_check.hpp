// Holds the values of one step against what the ports of their calls promise. A size that no plan knows is
// found by the first value that has it, and holds for the rest of the step.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/run/step/slot_value.hpp"

namespace gistmill {

class ValueCheck {
 public:
  void begin_step(const PlannedPipeline& pipeline) { sizes_ = pipeline.known_symbols(); }

  // "output 'hidden': f32[16, 1, 64] when it should be ..."; "" where the values are what the call's
  // ports promise.
  std::string mismatch(const PlannedCall& call, const std::vector<SlotValue>& values);

 private:
  std::map<std::string, std::int64_t> sizes_;  // by PlannedSymbol::name
};

}  // namespace gistmill
