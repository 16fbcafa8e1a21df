// See forward_run.hpp.
#include "host/prepare/forward_run.hpp"

#include <fmt/format.h>

#include <utility>

#include "gistmill/dtype.hpp"
#include "host/diagnostic/failure.hpp"
#include "host/instance/call_watch.hpp"
#include "host/plan/types.hpp"

namespace gistmill {

ForwardRun::ForwardRun(const PlannedPipeline& pipeline, std::vector<Instance*> instances)
    : pipeline_(pipeline), instances_(std::move(instances)), values_(new_step()) {}

bool ForwardRun::run(const StepContext& context) {
  values_.sizes_ = pipeline_.known_symbols();
  for (std::size_t i = 0; i < pipeline_.calls.size(); ++i) {
    if (!run_call(values_, i, context, Watch::one)) return false;
  }
  return true;
}

std::uint64_t ForwardRun::Values::bytes() const {
  std::uint64_t bytes = 0;
  for (const Call& call : calls_) {
    for (const Value& value : call.outputs) {
      if (value.array)
        bytes += static_cast<std::uint64_t>(value.array.size()) * (value.array.dtype().bits / 8u);
    }
  }
  return bytes;
}

ForwardRun::Values ForwardRun::new_step() const {
  Values values;
  values.calls_.resize(pipeline_.calls.size());
  values.sizes_ = pipeline_.known_symbols();
  return values;
}

bool ForwardRun::run_part(Values& values, std::size_t first, std::size_t end,
                          const StepContext& context) const {
  for (std::size_t i = first; i < end; ++i) {
    if (!run_call(values, i, context, Watch::none)) return false;
  }
  return true;
}

bool ForwardRun::run_call(Values& values, std::size_t index, const StepContext& context, Watch watch) const {
  const PlannedCall& planned = pipeline_.calls[index];
  if (planned.kind == CallClass::skipped) return true;
  Call& call = values.calls_[index];
  std::vector<std::uint64_t> read;
  for (const PlannedInput& input : planned.inputs)
    read.push_back(input.source ? values.calls_[input.source->call].written : 0);
  if (planned.operation->effect == Effect::pure && call.written > 0 && call.read == read) {
    check(planned, call.outputs, values);  // sizes of this step
    return true;
  }
  std::vector<gm_value> given;
  for (const PlannedInput& input : planned.inputs)
    given.push_back(input.source ? give(values.calls_[input.source->call].outputs[input.source->output])
                                 : gm_value{GM_VALUE_NONE, 0, {}});
  call.outputs.clear();
  StepContext here = context;
  here.iteration = planned.iteration;
  std::vector<gm_value> results;
  const auto run = [&] {
    return instances_[planned.instance]->call(*planned.operation, here, given, results, nullptr, {});
  };
  if (watch == Watch::none) refuse_canceled(planned.name, context.cancel);
  if (!(watch == Watch::one ? watched(planned.name, context.cancel, run) : run())) return false;
  for (gm_value& result : results) call.outputs.push_back(take(planned, result));
  check(planned, call.outputs, values);
  call.written = ++values.clock_;
  call.read = std::move(read);
  return true;
}

gm_value ForwardRun::give(const Value& value) {
  gm_value given{GM_VALUE_NONE, 0, {}};
  if (value.array) {
    given.kind = GM_VALUE_TENSOR;
    given.as.tensor = value.array.share();
    given.as.tensor->flags |= GM_TENSOR_READ_ONLY;
  } else if (value.object) {
    given.kind = GM_VALUE_OBJECT;
    given.as.object = value.object.get();
    given.as.object->retain(given.as.object);
  }
  return given;
}

ForwardRun::Value ForwardRun::take(const PlannedCall& call, gm_value& value) {
  const std::uint32_t kind = std::exchange(value.kind, GM_VALUE_NONE);
  if (kind == GM_VALUE_OBJECT) {
    return {{}, {value.as.object, [](gm_object* object) { object->release(object); }}};
  }
  if (kind != GM_VALUE_TENSOR) return {};
  try {
    return {Tensor::adopt(value.as.tensor), nullptr};
  } catch (const Error& error) {
    throw Failure(ExitCode::plugin, call.origin, fmt::format("{} gave {}", call.name, error.what()));
  }
}

void ForwardRun::check(const PlannedCall& call, const std::vector<Value>& outputs, Values& values) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const PlannedOutput& output = call.outputs[i];
    std::string wrong;
    if (output.type.is_object) {
      if (outputs[i].object == nullptr) {
        wrong = "no object";
      } else if (outputs[i].object->type != output.type.object) {
        wrong = fmt::format("an object of type {} when it should be {}", outputs[i].object->type,
                            output.type.object);
      }
    } else if (!outputs[i].array) {
      wrong = "nothing";
    } else {
      const Tensor& array = outputs[i].array;
      wrong = check_shape(output.type, array.shape(), dtype_name(array.dtype()), values.sizes_);
    }
    if (wrong.empty()) continue;
    throw Failure(ExitCode::failed, call.origin,
                  fmt::format("{} gave output '{}': {}", call.name, output.port->name, wrong),
                  {"this is a defect of the plugin, or the recipe and the data disagree about a size"});
  }
}

}  // namespace gistmill
