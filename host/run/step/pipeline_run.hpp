// Runs one pipeline: its calls forward, slot by slot, and in reverse where a gradient is asked for. Generic:
// knows operations and ports, never what they compute. Not the training loop.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/run/step/call_cache.hpp"
#include "host/run/step/instance.hpp"
#include "host/run/step/work.hpp"

namespace gistmill {

// What each call of one step wrote; kept until the next step, and shared between the variants of an
// evaluation.
using CallResults = std::vector<std::vector<SlotValue>>;  // [call][output]

class PipelineRun {
 public:
  // `instances`: in the order of Plan::instances, null where the pipeline does not use one. All outlive this.
  // cache: where the results of PlannedCall::cached ones are kept; null: nowhere.
  PipelineRun(const PlannedPipeline& pipeline, std::vector<Instance*> instances, CallCache* cache = nullptr);

  // Asks for a slot's value after every forward, also where the cache answers all calls that read it.
  void keep_slot(std::string_view slot);

  const PlannedPipeline& pipeline() const { return pipeline_; }
  CallResults& results() { return results_; }

  // Runs the calls for which `wanted` is 1 (empty: all), but for skipped ones; others keep their results of
  // the last time. So does a pure call without a tape whose inputs are those of the last time: a document
  // that comes twice in a row is read once. With a cache, calls that only answered ones would read do not run
  // either. Keeps tapes where context.train. Answers false where a source has
  // nothing more. Throws Failure where a call fails or a value does not have the shape that its port
  // promises.
  bool forward(const StepContext& context, const std::vector<std::uint8_t>& wanted = {});

  // Adds d(scale * what is minimized)/d(parameters) to the gradients of what trains, then releases the tapes.
  // Throws Failure where parameters have changed since the forward.
  void backward(const StepContext& context, double scale);

  // Call by call, since the beginning and of the last step. A call that was known and not run again has no
  // work in it.
  const std::vector<CallAccount>& accounts() const { return accounts_; }
  // Of the last forward and the backward after it, all calls together.
  Work last_work() const;
  // Whether the results of a call are those of the last forward.
  bool has_results(std::size_t call) const { return call < done_.size() && done_[call] != 0; }

  void release_tapes();

  // The value of a slot after forward; undefined where it was not written or is an object.
  at::Tensor tensor(std::string_view slot) const;
  // The same of every iteration, where a repeated part writes it.
  std::vector<at::Tensor> tensors(std::string_view slot) const;
  // The parts of what is minimized, without their weights: of each the number, or its mean over iterations.
  std::vector<double> minimized() const;

 private:
  bool pull(std::size_t index, const StepContext& context);
  bool take_cached(std::size_t index, const CallKey& key);
  bool run_call(std::size_t index, const StepContext& context);
  void forget_readers(std::size_t index);
  bool is_known(std::size_t index, const std::vector<SlotValue>& in) const;
  at::Tensor tensor_at(const SlotRef& slot) const;
  std::string mismatch(const PlannedCall& call, const std::vector<SlotValue>& values);
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
  std::vector<std::uint8_t> done_;  // [call] in this forward

  // With a cache only.
  CallCache* cache_ = nullptr;
  std::optional<ValueIdentities> identities_;
  std::vector<std::uint8_t> wanted_;  // [call] whether or not another one reads it
  std::vector<std::string> held_;     // [call] key of what stands in results_, where it has one
};

}  // namespace gistmill
