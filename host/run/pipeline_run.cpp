// Forward over calls, reverse over calls; see pipeline_run.hpp.
#include "host/run/pipeline_run.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"
#include "host/plan/types.hpp"

namespace gistmill {

PipelineRun::PipelineRun(const PlannedPipeline& pipeline, std::vector<Instance*> instances)
    : pipeline_(pipeline),
      instances_(std::move(instances)),
      results_(pipeline.calls.size()),
      inputs_(pipeline.calls.size()),
      tapes_(pipeline.calls.size()),
      gradients_(pipeline.calls.size()) {}

bool PipelineRun::forward(const StepContext& context, const std::vector<std::uint8_t>& wanted) {
  release_tapes();
  symbols_ = pipeline_.known_symbols();
  tape_generation_ = context.parameter_generation;
  for (std::size_t i = 0; i < pipeline_.calls.size(); ++i) {
    if (pipeline_.calls[i].kind == CallClass::skipped) continue;
    if (!wanted.empty() && wanted[i] == 0) continue;
    if (!run_call(i, context)) return false;
  }
  return true;
}

bool PipelineRun::run_call(std::size_t index, const StepContext& context) {
  const PlannedCall& call = pipeline_.calls[index];
  std::vector<SlotValue> in;
  in.reserve(call.inputs.size());
  for (const PlannedInput& input : call.inputs) {
    in.push_back(input.source ? results_[input.source->call][input.source->output] : SlotValue());
  }
  if (is_known(index, in)) return true;
  const bool tape = context.train && (call.kind == CallClass::passes || call.kind == CallClass::trains);
  results_[index].clear();
  inputs_[index].clear();
  if (!instances_[call.instance]->forward(*call.operation, context, in, results_[index],
                                          tape ? &tapes_[index] : nullptr, call.need)) {
    return false;
  }
  check_outputs(call, results_[index]);
  if (call.operation->effect == Effect::pure && !tape) inputs_[index] = std::move(in);
  return true;
}

namespace {

// Small tensors are compared by value, for a source makes new ones; large ones only by their memory.
constexpr std::int64_t kComparedNumbers = 1 << 20;

bool same_value(const SlotValue& a, const SlotValue& b) {
  if (a.object() != nullptr || b.object() != nullptr) return a.object() == b.object();
  if (a.empty() || b.empty()) return a.empty() && b.empty();
  const at::Tensor& x = a.tensor();
  const at::Tensor& y = b.tensor();
  if (x.is_same(y)) return true;
  return x.is_cpu() && y.is_cpu() && x.scalar_type() == y.scalar_type() && x.numel() <= kComparedNumbers &&
         at::equal(x, y);
}

}  // namespace

// What has parameters may have changed since, and is always run.
bool PipelineRun::is_known(std::size_t index, const std::vector<SlotValue>& in) const {
  const PlannedCall& call = pipeline_.calls[index];
  if (results_[index].empty() || call.operation->effect != Effect::pure) return false;
  if (!instances_[call.instance]->parameters().empty() || inputs_[index].size() != in.size()) return false;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!same_value(inputs_[index][i], in[i])) return false;
  }
  return true;
}

void PipelineRun::check_outputs(const PlannedCall& call, const std::vector<SlotValue>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const PlannedOutput& output = call.outputs[i];
    const auto refuse = [&](const std::string& what) {
      throw Failure(ExitCode::failed, call.origin,
                    fmt::format("{} gave for its output '{}' {}", call.name, output.port->name, what),
                    {"this is a defect of the plugin, or a size that the recipe and the data do not share"});
    };
    if (output.type.is_object) {
      if (values[i].object() == nullptr) refuse("no object");
      if (values[i].object()->type != output.type.object) {
        refuse(fmt::format("an object of type {} when it should be {}", values[i].object()->type,
                           output.type.object));
      }
      continue;
    }
    const at::Tensor& tensor = values[i].tensor();
    if (!tensor.defined()) refuse("nothing");
    const std::string mismatch = check_shape(output.type, tensor.sizes().vec(), dtype_name(tensor), symbols_);
    if (!mismatch.empty()) refuse(mismatch);
  }
}

void PipelineRun::backward(const StepContext& context, double scale) {
  if (context.parameter_generation != tape_generation_) {
    throw Failure(ExitCode::failed, "parameters changed between forward and backward of one step");
  }
  for (std::size_t i = 0; i < pipeline_.calls.size(); ++i) {
    gradients_[i].assign(pipeline_.calls[i].outputs.size(), at::Tensor());
  }
  const SlotRef loss = *pipeline_.minimize;
  gradient(loss) = at::full({}, scale, results_[loss.call][loss.output].tensor().options());

  for (std::size_t i = pipeline_.calls.size(); i-- > 0;) {
    const PlannedCall& call = pipeline_.calls[i];
    if (tapes_[i].get() == nullptr) continue;
    bool flows = false;
    for (const at::Tensor& given : gradients_[i]) flows = flows || given.defined();
    if (flows) {
      std::vector<at::Tensor> in =
          instances_[call.instance]->vjp(*call.operation, context, tapes_[i], gradients_[i], call.need);
      for (std::size_t port = 0; port < in.size(); ++port) {
        if (!in[port].defined() || !call.inputs[port].source) continue;
        const SlotRef source = *call.inputs[port].source;
        // Comes from main memory where a component without LibTorch read what lies on a device.
        const at::Tensor flowing = in[port].to(results_[source.call][source.output].tensor().device());
        at::Tensor& sum = gradient(source);
        sum = sum.defined() ? at::add(sum, flowing) : flowing;  // a slot that is read twice
      }
    }
    gradients_[i].clear();
    tapes_[i].reset();
  }
}

void PipelineRun::release_tapes() {
  for (TapeHandle& tape : tapes_) tape.reset();
}

std::uint64_t PipelineRun::tape_bytes() const {
  std::uint64_t total = 0;
  for (const TapeHandle& tape : tapes_) total += tape.bytes();
  return total;
}

at::Tensor PipelineRun::tensor(std::string_view slot) const {
  const std::optional<SlotRef> writer = pipeline_.writer(slot);
  if (!writer || results_[writer->call].size() <= writer->output) return {};
  return results_[writer->call][writer->output].tensor();
}

double PipelineRun::minimized() const {
  const SlotRef loss = *pipeline_.minimize;
  return results_[loss.call][loss.output].tensor().to(at::kDouble).item<double>();
}

}  // namespace gistmill
