// The tapes of one forward and the way back over them: gradients of slots in reverse order of the calls,
// added up where a slot is read twice. Not how a call makes its gradient: that is the plugin's, behind
// TensorInstance::vjp.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/plan/plan.hpp"
#include "host/run/step/tensor_instance.hpp"
#include "host/run/step/work.hpp"

namespace gistmill {

class BackwardPass {
 public:
  // instances: in the order of Plan::instances. `pipeline` outlives this.
  BackwardPass(const PlannedPipeline& pipeline, std::vector<TensorInstance*> instances);

  // A forward with parameters of that generation begins: tapes of the one before are released.
  void begin_step(std::uint64_t parameter_generation);
  // Where a call's forward puts its tape.
  TapeHandle& tape(std::size_t call) { return tapes_[call]; }
  void release_tapes();

  // Adds d(scale * what is minimized)/d(parameters) to the gradients of what trains, then releases the tapes.
  // results: of that forward. Throws Failure where parameters have changed since.
  void run(const StepContext& context, double scale, const CallResults& results,
           std::vector<CallAccount>& accounts);

 private:
  void seed(double scale, const CallResults& results);
  void run_call(std::size_t index, const StepContext& context, const CallResults& results, CallWork& account);
  bool flows_into(std::size_t call) const;
  at::Tensor& gradient(const SlotRef& slot) { return gradients_[slot.call][slot.output]; }

  const PlannedPipeline& pipeline_;
  std::vector<TensorInstance*> instances_;
  std::vector<TapeHandle> tapes_;                   // [call]
  std::vector<std::vector<at::Tensor>> gradients_;  // [call][output]
  std::uint64_t generation_ = 0;                    // of the parameters that the tapes are of
};

}  // namespace gistmill
