// Forward over calls; see pipeline_run.hpp.
#include "host/run/step/pipeline_run.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "host/diagnostic/failure.hpp"
#include "host/instance/call_watch.hpp"

namespace gistmill {

PipelineRun::PipelineRun(const PlannedPipeline& pipeline, std::vector<TensorInstance*> instances,
                         CallCache* cache)
    : pipeline_(pipeline),
      instances_(std::move(instances)),
      results_(pipeline.calls.size()),
      accounts_(pipeline.calls.size()),
      memo_(pipeline.calls.size()),
      backward_(pipeline, instances_) {
  if (cache == nullptr || !CachedResults::has_any(pipeline)) return;
  cached_.emplace(pipeline, instances_, *cache);
  for (const PlannedCall& call : pipeline.calls) unasked_.push_back(call.result);
}

void PipelineRun::keep_slot(std::string_view slot) {
  if (!cached_) return;
  for (const SlotRef& writer : pipeline_.writers(slot)) unasked_[writer.call] = 1;
}

void PipelineRun::begin_step(const StepContext& context, const std::vector<std::uint8_t>& given) {
  backward_.begin_step(context.parameter_generation);
  check_.begin_step(pipeline_);
  if (cached_) cached_->begin_step();
  for (CallAccount& account : accounts_) account.forward.last = account.backward.last = {};
  done_ = given;
  done_.resize(pipeline_.calls.size(), 0);
}

bool PipelineRun::forward(const StepContext& context, const std::vector<std::uint8_t>& given) {
  begin_step(context, given);
  for (std::size_t i = 0; i < pipeline_.calls.size(); ++i) {
    if (pipeline_.calls[i].kind == CallClass::skipped) continue;
    if (cached_ && unasked_[i] == 0) continue;  // runs when another one asks for what it gives
    if (!pull(i, context)) return false;
  }
  return true;
}

bool PipelineRun::advance(const StepContext& context) {
  begin_step(context, {});
  for (std::size_t i = 0; i < pipeline_.calls.size(); ++i) {
    const PlannedCall& call = pipeline_.calls[i];
    if (call.kind == CallClass::skipped || call.operation->effect != Effect::stateful) continue;
    if (!pull(i, context)) return false;
  }
  backward_.release_tapes();
  return true;
}

// Puts the results of a call into results_: those of this forward, kept ones, or new ones, for which it runs
// the call and whatever that reads. Returns false if a source has no more data.
bool PipelineRun::pull(std::size_t index, const StepContext& context) {
  if (done_[index] != 0) return true;
  std::optional<CallKey> key;
  if (cached_) {
    key = cached_->key(index, [&](const SlotRef& slot) {
      return pull(slot.call, context) ? results_[slot.call][slot.output] : SlotValue();
    });
  }
  if (!key || !take_cached(index, *key)) {
    for (const PlannedInput& input : pipeline_.calls[index].inputs) {
      if (input.source && !pull(input.source->call, context)) return false;
    }
    if (!run_call(index, context)) return false;
    if (key) cached_->store(index, *key, results_[index]);
  }
  done_[index] = 1;
  return true;
}

bool PipelineRun::take_cached(std::size_t index, const CallKey& key) {
  if (cached_->holds(index, key) && !results_[index].empty()) return true;
  std::optional<std::vector<SlotValue>> kept = cached_->load(index, key, check_);
  if (!kept) return false;
  results_[index] = std::move(*kept);
  memo_.forget(index);
  return true;
}

bool PipelineRun::run_call(std::size_t index, const StepContext& context) {
  const PlannedCall& call = pipeline_.calls[index];
  TensorInstance& instance = *instances_[call.instance];
  std::vector<SlotValue> in;
  in.reserve(call.inputs.size());
  for (const PlannedInput& input : call.inputs) {
    in.push_back(input.source ? results_[input.source->call][input.source->output] : SlotValue());
  }
  if (!results_[index].empty() && memo_.knows(index, call, instance, in)) return true;
  const bool tape = context.train && (call.kind == CallClass::passes || call.kind == CallClass::trains);
  results_[index].clear();
  memo_.forget(index);
  forget_readers(index);
  WorkTimer timer(accounts_[index].forward);
  StepContext counted = context;
  counted.work = timer.work();
  counted.iteration = call.iteration;
  const bool ran = watched(call.name, context.cancel, [&] {
    return instance.forward(*call.operation, counted, in, results_[index],
                            tape ? &backward_.tape(index) : nullptr, call.need);
  });
  if (!ran) return false;
  if (const std::string wrong = check_.mismatch(call, results_[index]); !wrong.empty()) {
    throw Failure(ExitCode::failed, call.origin, fmt::format("{} gave {}", call.name, wrong),
                  {"this is a defect of the plugin, or the recipe and the data disagree about a size"});
  }
  if (call.operation->effect == Effect::pure && !tape) memo_.remember(index, std::move(in));
  return true;
}

// An object that is made again is a new one, so what its readers kept is of no use: it goes, and two contexts
// of a document never exist at the same time.
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
    memo_.forget(i);
    if (cached_) cached_->forget(i);
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
