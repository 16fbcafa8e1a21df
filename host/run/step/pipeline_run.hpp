// Runs one pipeline: decides which calls of a step run and in which order, and keeps what they wrote.
// Generic: knows operations and ports, never what they compute. What need not run again is known by CallMemo
// and CachedResults; the way back is BackwardPass's. Not the training loop.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/run/step/backward_pass.hpp"
#include "host/run/step/cached_results.hpp"
#include "host/run/step/call_memo.hpp"
#include "host/run/step/tensor_instance.hpp"
#include "host/run/step/value_check.hpp"
#include "host/run/step/work.hpp"

namespace gistmill {

class PipelineRun {
 public:
  // `instances`: in the order of Plan::instances, null where the pipeline does not use one. All outlive this.
  // cache: where the results of PlannedCall::cached ones are kept; null: nowhere.
  PipelineRun(const PlannedPipeline& pipeline, std::vector<TensorInstance*> instances,
              CallCache* cache = nullptr);

  // Gives the slot a value after every forward, even if every call that reads it is a cache hit.
  void keep_slot(std::string_view slot);

  const PlannedPipeline& pipeline() const { return pipeline_; }
  CallResults& results() { return results_; }

  // Runs the calls of one step, except skipped ones and those with `given` 1, whose results the caller put
  // into results(). A pure call without a tape keeps its results if its inputs are those of the last time: a
  // document that comes twice in a row is read once. With a cache, a call runs only if a call that misses the
  // cache needs it. Keeps tapes if context.train. Returns false if a source has no more data. Throws Failure
  // if a call fails or a value does not have the shape that its port promises.
  bool forward(const StepContext& context, const std::vector<std::uint8_t>& given = {});

  // Brings what has a state to where a forward would leave it, with no more calls than that takes: for a
  // micro-step that another rank computes. Keeps no tape. As forward() otherwise.
  bool advance(const StepContext& context);

  // Adds d(scale * what is minimized)/d(parameters) to the gradients of what trains, then releases the tapes.
  // Throws Failure where parameters have changed since the forward.
  void backward(const StepContext& context, double scale) {
    backward_.run(context, scale, results_, accounts_);
  }
  void release_tapes() { backward_.release_tapes(); }

  // Call by call, since the beginning and of the last step. A call that was known and not run again has no
  // work in it.
  const std::vector<CallAccount>& accounts() const { return accounts_; }
  // Of the last forward and the backward after it, all calls together.
  Work last_work() const;
  // Whether the results of a call are those of the last forward.
  bool has_results(std::size_t call) const { return call < done_.size() && done_[call] != 0; }

  // The value of a slot after forward; undefined where it was not written or is an object.
  at::Tensor tensor(std::string_view slot) const;
  // The same of every iteration, where a repeated part writes it.
  std::vector<at::Tensor> tensors(std::string_view slot) const;
  // The parts of what is minimized, without their weights: of each the number, or its mean over iterations.
  std::vector<double> minimized() const;

 private:
  void begin_step(const StepContext& context, const std::vector<std::uint8_t>& given);
  bool pull(std::size_t index, const StepContext& context);
  bool take_cached(std::size_t index, const CallKey& key);
  bool run_call(std::size_t index, const StepContext& context);
  void forget_readers(std::size_t index);
  at::Tensor tensor_at(const SlotRef& slot) const;

  const PlannedPipeline& pipeline_;
  std::vector<TensorInstance*> instances_;
  CallResults results_;
  std::vector<CallAccount> accounts_;  // [call]
  std::vector<std::uint8_t> done_;     // [call] its results are those of this forward
  ValueCheck check_;
  CallMemo memo_;
  BackwardPass backward_;

  // With a cache only. Without one, every call that is not skipped runs unasked.
  std::optional<CachedResults> cached_;
  std::vector<std::uint8_t> unasked_;  // [call] runs whether or not another one asks for what it gives
};

}  // namespace gistmill
