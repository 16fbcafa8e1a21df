// One optimizer step: micro-steps, backward, clipping, the update. Binds gradients and optimizer once. Where
// several ranks do the run together, each computes its share of the micro-steps, and all update by the same
// gradients. Not the loop: no schedule, events, evaluations or checkpoints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/run/micro_step.hpp"
#include "host/run/profile.hpp"
#include "host/run/ranks.hpp"
#include "host/run/schedule.hpp"
#include "host/run/step/pipeline_run.hpp"
#include "host/run/step/session.hpp"
#include "host/run/step/work.hpp"

namespace gistmill {

class TrainingStep {
 public:
  struct Figures {
    double loss = 0;             // the weighted sum
    std::vector<double> losses;  // its parts without their weights, as PlannedPipeline::minimize
    double gradient_norm = 0;
    std::int64_t items = 0;
    Work work;                     // of all calls, on all ranks; `seconds` are those of the whole step so far
    Work own_work;                 // of the calls of this rank; the same seconds
    std::uint64_t kept_bytes = 0;  // see watch_heap
    std::string not_finite;        // "loss", "part 'apart' of the loss", "gradient norm"
    double found = 0;              // that number
    bool ended = false;            // the data ended before the step was done
  };

  // `session` trains something and outlives this, as do `ranks`, `profile`, which may be null, and `cancel`.
  // Throws Failure where the recipe names no optimizer.
  TrainingStep(Session& session, Ranks& ranks, Profile* profile, const volatile std::int32_t* cancel);

  // Step number `step`, from 1: gradients, clipped; no parameter changes. Throws Failure where a call fails.
  Figures compute(std::int64_t step);
  // Update number `number`, from 1, by those gradients; `figures` are of the step, which was whole and
  // finite.
  void update(std::int64_t number, const StepRates& rates, Figures& figures);
  // Instead of an update.
  void leave_out();
  // Both, where there is something to update by.
  Figures run(std::int64_t step, const StepRates& rates);

  // From now on Figures::kept_bytes tells how much of the heap a forward left in use: tapes and values.
  void watch_heap() { watches_heap_ = true; }
  // After parameters were loaded: tapes from before are stale.
  void parameters_changed() { ++parameter_generation_; }

  const PlannedPipeline& pipeline() const { return pipeline_.pipeline(); }
  const std::vector<CallAccount>& accounts() const { return pipeline_.accounts(); }
  const std::vector<TensorInstance*>& trained() const { return trained_; }
  TensorInstance& optimizer() const { return *optimizer_; }
  // Gradients and what the optimizer keeps.
  std::uint64_t optimizer_bytes() const;

 private:
  void bind_optimizer();
  void compute_gradients(std::int64_t step, Figures& figures);
  StepContext context_of(std::int64_t step, std::int64_t micro_step) const;
  // This rank's micro-steps; what has a state sees those of the others too.
  std::vector<MicroStep> take_micro_steps(std::int64_t step, Figures& figures);
  MicroStep take_micro_step(const StepContext& context, Figures& figures);
  void add_up(const std::vector<MicroStep>& micro_steps, Figures& figures) const;
  void sum_gradients();
  double clip_gradients();
  void step_optimizer(std::int64_t number, const StepRates& rates);

  Session& session_;
  Ranks& ranks_;
  Profile* profile_;
  const volatile std::int32_t* cancel_;
  PipelineRun pipeline_;
  std::vector<TensorInstance*> trained_;
  std::vector<at::Tensor> gradients_;
  at::Tensor flat_;  // f32, main memory: all gradients, for other ranks; undefined: none are
  std::vector<at::Tensor> flat_places_;  // of each gradient in it
  std::vector<double> learning_rates_;   // one a gradient
  TensorInstance* optimizer_;
  const gm_optimizer_extension* optimizer_extension_ = nullptr;
  std::string optimizer_call_;  // "optimizer.step"; it is not told of a cancellation
  Work update_work_;            // what an update reads and writes
  WorkClock::time_point began_;
  std::uint64_t parameter_generation_ = 0;
  bool watches_heap_ = false;
};

}  // namespace gistmill
