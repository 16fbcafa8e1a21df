// Runs one pipeline: its calls forward, slot by slot, and in reverse where a gradient is asked for. Generic:
// knows operations and ports, never what they compute. Not the training loop.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/run/instance.hpp"
#include "host/run/work.hpp"

namespace gistmill {

// What each call of one step wrote; kept until the next step, and shared between the variants of an
// evaluation.
using CallResults = std::vector<std::vector<SlotValue>>;  // [call][output]

class PipelineRun {
 public:
  // `instances`: in the order of Plan::instances, null where the pipeline does not use one. All outlive this.
  PipelineRun(const PlannedPipeline& pipeline, std::vector<Instance*> instances);

  const PlannedPipeline& pipeline() const { return pipeline_; }
  CallResults& results() { return results_; }

  // Runs the calls for which `wanted` is 1 (empty: all), but for skipped ones; others keep their results of
  // the last time. So does a pure call without a tape whose inputs are those of the last time: a document
  // that comes twice in a row is read once. Keeps tapes where context.train. Answers false where a source has
  // nothing more. Throws Failure where a call fails or a value does not have the shape that its port
  // promises.
  bool forward(const StepContext& context, const std::vector<std::uint8_t>& wanted = {});

  // Adds d(scale * minimized slot)/d(parameters) to the gradients of what trains, then releases the tapes.
  // Throws Failure where parameters have changed since the forward.
  void backward(const StepContext& context, double scale);

  // Call by call, since the beginning and of the last step. A call that was known and not run again has no
  // work in it.
  const std::vector<CallAccount>& accounts() const { return accounts_; }
  // Of the last forward and the backward after it, all calls together.
  Work last_work() const;

  void release_tapes();
  std::uint64_t tape_bytes() const;

  // The value of a slot after forward; undefined where it was not written or is an object.
  at::Tensor tensor(std::string_view slot) const;
  // The value that is minimized, as a number.
  double minimized() const;

 private:
  bool run_call(std::size_t index, const StepContext& context);
  bool is_known(std::size_t index, const std::vector<SlotValue>& in) const;
  void check_outputs(const PlannedCall& call, const std::vector<SlotValue>& values);
  at::Tensor& gradient(const SlotRef& slot) { return gradients_[slot.call][slot.output]; }

  const PlannedPipeline& pipeline_;
  std::vector<Instance*> instances_;
  CallResults results_;
  std::vector<std::vector<SlotValue>> inputs_;      // [call] of the last time, for pure calls
  std::vector<TapeHandle> tapes_;                   // [call]
  std::vector<CallAccount> accounts_;               // [call]
  std::vector<std::vector<at::Tensor>> gradients_;  // [call][output]
  std::map<std::string, std::int64_t> symbols_;
  std::uint64_t tape_generation_ = 0;
};

}  // namespace gistmill
