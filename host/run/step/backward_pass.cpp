// See backward_pass.hpp.
#include "host/run/step/backward_pass.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "host/diagnostic/failure.hpp"
#include "host/instance/call_watch.hpp"

namespace gistmill {

BackwardPass::BackwardPass(const PlannedPipeline& pipeline, std::vector<TensorInstance*> instances)
    : pipeline_(pipeline),
      instances_(std::move(instances)),
      tapes_(pipeline.calls.size()),
      gradients_(pipeline.calls.size()) {}

void BackwardPass::begin_step(std::uint64_t parameter_generation) {
  release_tapes();
  generation_ = parameter_generation;
}

void BackwardPass::release_tapes() {
  for (TapeHandle& tape : tapes_) tape.reset();
}

void BackwardPass::run(const StepContext& context, double scale, const CallResults& results,
                       std::vector<CallAccount>& accounts) {
  if (context.parameter_generation != generation_) {
    throw Failure(ExitCode::failed, "parameters changed between forward and backward of one step");
  }
  seed(scale, results);
  for (std::size_t i = pipeline_.calls.size(); i-- > 0;) {
    if (tapes_[i].get() == nullptr) continue;
    if (flows_into(i)) run_call(i, context, results, accounts[i].backward);
    gradients_[i].clear();
    tapes_[i].reset();
  }
}

// d(scale * sum of weight * mean of a part's numbers)/d(each number) = scale * weight / how many there are.
void BackwardPass::seed(double scale, const CallResults& results) {
  for (std::size_t i = 0; i < pipeline_.calls.size(); ++i) {
    gradients_[i].assign(pipeline_.calls[i].outputs.size(), at::Tensor());
  }
  for (const PlannedLoss& part : pipeline_.minimize) {
    const double number = scale * part.weight / static_cast<double>(part.sources.size());
    if (number == 0.0) continue;
    for (const SlotRef& source : part.sources)
      gradient(source) = at::full({}, number, results[source.call][source.output].tensor().options());
  }
}

bool BackwardPass::flows_into(std::size_t call) const {
  return std::any_of(gradients_[call].begin(), gradients_[call].end(),
                     [](const at::Tensor& given) { return given.defined(); });
}

void BackwardPass::run_call(std::size_t index, const StepContext& context, const CallResults& results,
                            CallWork& account) {
  const PlannedCall& call = pipeline_.calls[index];
  WorkTimer timer(account);
  StepContext counted = context;
  counted.work = timer.work();
  counted.iteration = call.iteration;
  const std::vector<at::Tensor> in = watched(call.name, context.cancel, [&] {
    return instances_[call.instance]->vjp(*call.operation, counted, tapes_[index], gradients_[index],
                                          call.need);
  });
  for (std::size_t port = 0; port < in.size(); ++port) {
    if (!in[port].defined() || !call.inputs[port].source) continue;
    const SlotRef source = *call.inputs[port].source;
    // Comes from main memory where a component without LibTorch read what lies on a device.
    const at::Tensor flowing = in[port].to(results[source.call][source.output].tensor().device());
    at::Tensor& sum = gradient(source);
    sum = sum.defined() ? at::add(sum, flowing) : flowing;  // a slot that is read twice
  }
}

}  // namespace gistmill
