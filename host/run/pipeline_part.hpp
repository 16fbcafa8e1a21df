// A part of a training pipeline, from values that a caller gives to the results of one of its calls: for
// programs that use what a run trained. What is not on that way does not run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/registry/registry.hpp"
#include "host/run/step/pipeline_run.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

// Number of the output of this name.
std::optional<std::size_t> output_of(const PlannedCall& call, std::string_view name);

// Dimension `axis` of an output where it is known before a step runs, else -1.
std::int64_t size_of(const PlannedPipeline& pipeline, const PlannedOutput& output, std::size_t axis);

// Marks as skipped what does not lead to call number `call`, or leads there only through `given`, whose
// results the caller gives.
void keep_what_leads_to(PlannedPipeline& pipeline, std::size_t call, std::optional<std::size_t> given);

// Which instances run: 1 for each, in the order of Plan::instances.
std::vector<std::uint8_t> used_by(const PlannedPipeline& pipeline, std::size_t instances, std::size_t given);

// Sizes that only other instances declare are those of training's text, and free here.
void free_other_sizes(PlannedPipeline& pipeline, const std::vector<std::uint8_t>& used);

// The instances of the calls that run. Not thread safe, like the instances.
class UsedInstances {
 public:
  // Those of the session (SessionUse::describe), and new ones of what it did not make; all started. `given`:
  // the call that does not run. The session and its plan outlive this. Throws Failure.
  UsedInstances(const Session& session, Registry& registry, const PlannedPipeline& pipeline,
                std::size_t given);

  // In the order of Plan::instances; null where the part does not use one.
  const std::vector<TensorInstance*>& all() const { return all_; }
  // Those that are used, without `instance`.
  std::vector<TensorInstance*> without(const TensorInstance& instance) const;

 private:
  std::vector<TensorInstance*> all_;
  std::vector<std::unique_ptr<TensorInstance>> made_;
};

}  // namespace gistmill
