// Forward over calls, reverse over calls; see pipeline_run.hpp.
#include "host/run/step/pipeline_run.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "host/diagnostic/failure.hpp"
#include "host/plan/types.hpp"
#include "host/run/step/call_watch.hpp"

namespace gistmill {

namespace {

// Calls that run even where no other reads what they give: those that change something, make a result, or
// stand last. Where a pipeline neither minimizes nor measures, every output may be what it is for.
std::vector<std::uint8_t> wanted_calls(const PlannedPipeline& pipeline) {
  const auto& calls = pipeline.calls;
  const auto has_figure = [](const PlannedCall& call) {
    return std::any_of(call.outputs.begin(), call.outputs.end(),
                       [](const PlannedOutput& output) { return output.port->figure.has_value(); });
  };
  if (pipeline.minimize.empty() && std::none_of(calls.begin(), calls.end(), has_figure))
    return std::vector<std::uint8_t>(calls.size(), 1);
  std::vector<std::uint8_t> is_read(calls.size(), 0);
  for (const PlannedCall& call : calls) {
    if (call.kind == CallClass::skipped) continue;
    for (const PlannedInput& input : call.inputs) {
      if (input.source) is_read[input.source->call] = 1;
    }
  }
  std::vector<std::uint8_t> wanted(calls.size(), 0);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    wanted[i] = calls[i].operation->effect == Effect::stateful || has_figure(calls[i]) || is_read[i] == 0 ||
                pipeline.minimizes(i);
  }
  return wanted;
}

}  // namespace

PipelineRun::PipelineRun(const PlannedPipeline& pipeline, std::vector<Instance*> instances, CallCache* cache)
    : pipeline_(pipeline),
      instances_(std::move(instances)),
      results_(pipeline.calls.size()),
      inputs_(pipeline.calls.size()),
      tapes_(pipeline.calls.size()),
      accounts_(pipeline.calls.size()),
      gradients_(pipeline.calls.size()) {
  const auto cached = [](const PlannedCall& call) { return call.cached && call.kind != CallClass::skipped; };
  if (cache == nullptr || std::none_of(pipeline.calls.begin(), pipeline.calls.end(), cached)) return;
  cache_ = cache;
  identities_.emplace(pipeline, instances_, cache->identities());
  wanted_ = wanted_calls(pipeline);
  held_.resize(pipeline.calls.size());
}

void PipelineRun::keep_slot(std::string_view slot) {
  if (wanted_.empty()) return;
  for (const SlotRef& writer : pipeline_.writers(slot)) wanted_[writer.call] = 1;
}

bool PipelineRun::forward(const StepContext& context, const std::vector<std::uint8_t>& wanted) {
  release_tapes();
  symbols_ = pipeline_.known_symbols();
  tape_generation_ = context.parameter_generation;
  for (CallAccount& account : accounts_) account.forward.last = account.backward.last = {};
  done_.assign(pipeline_.calls.size(), 0);
  for (std::size_t i = 0; i < wanted.size(); ++i) done_[i] = wanted[i] == 0;
  if (identities_) identities_->begin_step();
  for (std::size_t i = 0; i < pipeline_.calls.size(); ++i) {
    if (pipeline_.calls[i].kind == CallClass::skipped) continue;
    if (!wanted_.empty() && wanted_[i] == 0) continue;  // runs when another one asks for what it gives
    if (!pull(i, context)) return false;
  }
  return true;
}

// Makes the results of a call stand in results_: those of this forward, kept ones, or by running it and
// whatever it reads. Answers false where a source has nothing more.
bool PipelineRun::pull(std::size_t index, const StepContext& context) {
  if (done_[index] != 0) return true;
  const PlannedCall& call = pipeline_.calls[index];
  std::optional<CallKey> key;
  if (identities_ && call.cached) {
    key = identities_->key(index, [&](const SlotRef& slot) {
      return pull(slot.call, context) ? results_[slot.call][slot.output] : SlotValue();
    });
  }
  if (!key || !take_cached(index, *key)) {
    for (const PlannedInput& input : call.inputs) {
      if (input.source && !pull(input.source->call, context)) return false;
    }
    if (!run_call(index, context)) return false;
    if (key) {
      cache_->store(call, *instances_[call.instance], *key, results_[index]);
      held_[index] = key->key;
    }
  }
  done_[index] = 1;
  return true;
}

bool PipelineRun::take_cached(std::size_t index, const CallKey& key) {
  const PlannedCall& call = pipeline_.calls[index];
  if (held_[index] == key.key && !results_[index].empty()) return true;
  std::optional<std::vector<SlotValue>> kept = cache_->load(call, *instances_[call.instance], key);
  if (!kept) return false;
  const auto known = symbols_;
  if (const std::string wrong = mismatch(call, *kept); !wrong.empty()) {
    symbols_ = known;
    cache_->reject(call, key, wrong);
    return false;
  }
  results_[index] = std::move(*kept);
  inputs_[index].clear();
  held_[index] = key.key;
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
  forget_readers(index);
  WorkTimer timer(accounts_[index].forward);
  StepContext counted = context;
  counted.work = timer.work();
  counted.iteration = call.iteration;
  const bool ran = watched(call.name, context.cancel, [&] {
    return instances_[call.instance]->forward(*call.operation, counted, in, results_[index],
                                              tape ? &tapes_[index] : nullptr, call.need);
  });
  if (!ran) return false;
  if (const std::string wrong = mismatch(call, results_[index]); !wrong.empty()) {
    throw Failure(ExitCode::failed, call.origin, fmt::format("{} gave {}", call.name, wrong),
                  {"this is a defect of the plugin, or a size that the recipe and the data do not share"});
  }
  if (call.operation->effect == Effect::pure && !tape) inputs_[index] = std::move(in);
  return true;
}

// An object that is made anew is another one, and nobody who read the old one can be known: what they keep it
// for goes, so that two contexts of a document are never there at once.
void PipelineRun::forget_readers(std::size_t index) {
  const auto& outputs = pipeline_.calls[index].outputs;
  if (std::none_of(outputs.begin(), outputs.end(), [](const auto& output) { return output.type.is_object; }))
    return;
  for (std::size_t i = index + 1; i < pipeline_.calls.size(); ++i) {
    const auto& inputs = pipeline_.calls[i].inputs;
    const bool reads = std::any_of(inputs.begin(), inputs.end(), [&](const PlannedInput& input) {
      return input.source && input.source->call == index;
    });
    if (!reads || done_[i] != 0) continue;
    results_[i].clear();
    inputs_[i].clear();
    if (!held_.empty()) held_[i].clear();
  }
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

// "for its output 'hidden' f32[16, 1, 64] when it should be ..."; "" where the values are what the ports
// promise.
std::string PipelineRun::mismatch(const PlannedCall& call, const std::vector<SlotValue>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const PlannedOutput& output = call.outputs[i];
    const auto wrong = [&](const std::string& what) {
      return fmt::format("for its output '{}' {}", output.port->name, what);
    };
    if (output.type.is_object) {
      if (values[i].object() == nullptr) return wrong("no object");
      if (values[i].object()->type == output.type.object) continue;
      return wrong(fmt::format("an object of type {} when it should be {}", values[i].object()->type,
                               output.type.object));
    }
    const at::Tensor& tensor = values[i].tensor();
    if (!tensor.defined()) return wrong("nothing");
    const std::string shape = check_shape(output.type, tensor.sizes().vec(), dtype_name(tensor), symbols_);
    if (!shape.empty()) return wrong(shape);
  }
  return "";
}

void PipelineRun::backward(const StepContext& context, double scale) {
  if (context.parameter_generation != tape_generation_) {
    throw Failure(ExitCode::failed, "parameters changed between forward and backward of one step");
  }
  for (std::size_t i = 0; i < pipeline_.calls.size(); ++i) {
    gradients_[i].assign(pipeline_.calls[i].outputs.size(), at::Tensor());
  }
  for (const PlannedLoss& part : pipeline_.minimize) {
    const double seed = scale * part.weight / static_cast<double>(part.sources.size());
    if (seed == 0.0) continue;
    for (const SlotRef& source : part.sources)
      gradient(source) = at::full({}, seed, results_[source.call][source.output].tensor().options());
  }
  for (std::size_t i = pipeline_.calls.size(); i-- > 0;) {
    const PlannedCall& call = pipeline_.calls[i];
    if (tapes_[i].get() == nullptr) continue;
    bool flows = false;
    for (const at::Tensor& given : gradients_[i]) flows = flows || given.defined();
    if (flows) {
      WorkTimer timer(accounts_[i].backward);
      StepContext counted = context;
      counted.work = timer.work();
      counted.iteration = call.iteration;
      std::vector<at::Tensor> in = watched(call.name, context.cancel, [&] {
        return instances_[call.instance]->vjp(*call.operation, counted, tapes_[i], gradients_[i], call.need);
      });
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

Work PipelineRun::last_work() const {
  Work sum;
  for (const CallAccount& account : accounts_) {
    sum += account.forward.last;
    sum += account.backward.last;
  }
  return sum;
}

void PipelineRun::release_tapes() {
  for (TapeHandle& tape : tapes_) tape.reset();
}

at::Tensor PipelineRun::tensor(std::string_view slot) const {
  const std::optional<SlotRef> writer = pipeline_.writer(slot);
  return writer ? tensor_at(*writer) : at::Tensor();
}

std::vector<at::Tensor> PipelineRun::tensors(std::string_view slot) const {
  std::vector<at::Tensor> found;
  for (const SlotRef& writer : pipeline_.writers(slot)) found.push_back(tensor_at(writer));
  return found;
}

at::Tensor PipelineRun::tensor_at(const SlotRef& slot) const {
  if (!has_results(slot.call) || results_[slot.call].size() <= slot.output) return {};
  return results_[slot.call][slot.output].tensor();
}

// Numbers on a device come to main memory together, so that a step waits for it once.
std::vector<double> PipelineRun::minimized() const {
  std::vector<at::Tensor> numbers;
  for (const PlannedLoss& part : pipeline_.minimize) {
    for (const SlotRef& source : part.sources)
      numbers.push_back(results_[source.call][source.output].tensor().detach().to(at::kDouble));
  }
  const auto on_device =
      std::find_if(numbers.begin(), numbers.end(), [](const at::Tensor& number) { return !number.is_cpu(); });
  if (on_device != numbers.end()) {
    const at::Device device = on_device->device();
    for (at::Tensor& number : numbers) number = number.to(device);
    numbers = at::stack(numbers).cpu().unbind();
  }
  std::vector<double> parts;
  auto number = numbers.begin();
  for (const PlannedLoss& part : pipeline_.minimize) {
    double sum = 0;
    for (std::size_t i = 0; i < part.sources.size(); ++i) sum += (number++)->item<double>();
    parts.push_back(sum / static_cast<double>(part.sources.size()));
  }
  return parts;
}

}  // namespace gistmill
