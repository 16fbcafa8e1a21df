// The calls of one pipeline whose results are kept on disk: their keys in this step, and which results are in
// memory already. Files and counts are in call_cache.hpp, one for all pipelines of a session.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "host/run/step/call_cache.hpp"
#include "host/run/step/value_check.hpp"
#include "host/run/step/value_identity.hpp"

namespace gistmill {

class CachedResults {
 public:
  // Whether a call of the pipeline runs and is cached.
  static bool has_any(const PlannedPipeline& pipeline);

  // instances: in the order of Plan::instances. `pipeline` and `cache` outlive this.
  CachedResults(const PlannedPipeline& pipeline, std::vector<TensorInstance*> instances, CallCache& cache);

  void begin_step() { identities_.begin_step(); }

  // What the results of call number `index` are found by in this step. Empty where they are not kept.
  std::optional<CallKey> key(std::size_t index, const ValueIdentities::Values& values);

  // Whether what was loaded or stored last for the call has that key.
  bool holds(std::size_t index, const CallKey& key) const { return held_[index] == key.key; }
  // The results on disk, checked. Empty where there are none that fit.
  std::optional<std::vector<SlotValue>> load(std::size_t index, const CallKey& key, ValueCheck& check);
  void store(std::size_t index, const CallKey& key, const std::vector<SlotValue>& results);
  // The call's results no longer stand in memory.
  void forget(std::size_t index) { held_[index].clear(); }

 private:
  const PlannedPipeline& pipeline_;
  std::vector<TensorInstance*> instances_;
  CallCache& cache_;
  ValueIdentities identities_;
  std::vector<std::string> held_;  // [call] key of the results in memory; empty: none, or it is not known
};

}  // namespace gistmill
