// Runs the calls of one pipeline forward on plain arrays, in main memory: for pipelines that prepare a file.
// Without LibTorch, gradients, cached results and accounts, which are PipelineRun's (host/run/step).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gistmill/plugin/tensor.hpp"
#include "host/instance/instance.hpp"
#include "host/plan/plan.hpp"

namespace gistmill {

class ForwardRun {
  // An array or an object; neither where an optional input is not wired.
  struct Value {
    Tensor array;
    std::shared_ptr<gm_object> object;
  };
  struct Call {
    std::vector<Value> outputs;
    std::uint64_t written = 0;        // when its outputs were written; 0: never
    std::vector<std::uint64_t> read;  // `written` of what its inputs came from, at that time
  };

 public:
  // What the calls of a step gave.
  class Values {
   public:
    std::uint64_t bytes() const;  // of the arrays

   private:
    friend class ForwardRun;
    std::vector<Call> calls_;
    std::uint64_t clock_ = 0;                    // counts calls that ran
    std::map<std::string, std::int64_t> sizes_;  // of this step, by PlannedSymbol::name
  };

  // `instances`: in the order of Plan::instances, null where the pipeline does not use one. Both outlive
  // this.
  ForwardRun(const PlannedPipeline& pipeline, std::vector<Instance*> instances);

  // Runs the calls of one step in turn, except skipped ones. A pure call whose inputs were not written anew
  // since it ran keeps what it gave. False: a source has no more data. Throws Failure where a call fails, or
  // gives a value that is not what its port promises.
  bool run(const StepContext& context);

  // A step by parts, which StagedRun runs: calls [first, end) alone, which read what earlier ones put into
  // `values`, the step's own since new_step(). Different steps may be on different threads at once, and no
  // call is watched (call_watch.hpp).
  Values new_step() const;
  bool run_part(Values& values, std::size_t first, std::size_t end, const StepContext& context) const;

 private:
  enum class Watch { none, one };
  bool run_call(Values& values, std::size_t index, const StepContext& context, Watch watch) const;
  static gm_value give(const Value& value);
  static Value take(const PlannedCall& call, gm_value& value);
  static void check(const PlannedCall& call, const std::vector<Value>& outputs, Values& values);

  const PlannedPipeline& pipeline_;
  std::vector<Instance*> instances_;
  Values values_;  // of run(context)
};

}  // namespace gistmill
