// See checked_call.hpp.
#include "host/check/checked_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "host/check/call_scope.hpp"
#include "host/check/call_trace.hpp"
#include "host/check/given_object.hpp"
#include "host/check/given_tensor.hpp"
#include "host/plan/types.hpp"

namespace gistmill {

namespace {

using Symbols = std::map<std::string, std::int64_t>;

std::string operation_name(const CheckedInstance& self, std::uint32_t operation) {
  if (self.info == nullptr || operation >= self.info->operation_count)
    return fmt::format("operation {}", operation);
  return self.info->operations[operation]->name;
}

std::string port_name(const std::vector<PortSpec>* ports, std::size_t index) {
  return ports != nullptr && index < ports->size() ? fmt::format("'{}'", (*ports)[index].name)
                                                   : fmt::format("{}", index);
}

void release_values(gm_value* values, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    gm_value& value = values[i];
    if (value.kind == GM_VALUE_TENSOR && value.as.tensor->deleter != nullptr)
      value.as.tensor->deleter(value.as.tensor);
    if (value.kind == GM_VALUE_OBJECT) value.as.object->release(value.as.object);
    value.kind = GM_VALUE_NONE;
  }
}

void release_tensors(gm_tensor** tensors, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    if (tensors[i] != nullptr && tensors[i]->deleter != nullptr) tensors[i]->deleter(tensors[i]);
    tensors[i] = nullptr;
  }
}

std::vector<std::int64_t> shape_of(const gm_tensor& tensor) {
  return {tensor.shape, tensor.shape + tensor.ndim};
}

// "" or what is wrong with a value at a port. Binds the letters that it is the first to show.
std::string mismatch(const PortSpec& port, const gm_value& value, Symbols& symbols) {
  if (value.kind == GM_VALUE_NONE) return port.optional ? "" : "nothing";
  if (port.type.is_object != (value.kind == GM_VALUE_OBJECT))
    return port.type.is_object ? "a tensor when it should be an object"
                               : "an object when it should be a tensor";
  if (port.type.is_object) {
    if (value.as.object->type == port.type.object) return "";
    return fmt::format("an object of type {} when it should be {}", value.as.object->type, port.type.object);
  }
  const gm_tensor& tensor = *value.as.tensor;
  if (tensor.major != GM_DLPACK_MAJOR) return fmt::format("a tensor of DLPack {}", tensor.major);
  return check_shape(port.type, shape_of(tensor), dtype_name(tensor.dtype), symbols);
}

// What the caller asks, before the plugin sees it. False: the plugin would misread it.
bool check_request(CallScope& scope, const gm_call& call, bool gradient) {
  if (call.error == nullptr || call.cancel == nullptr) {
    scope.report("was called without gm_call.error or gm_call.cancel");
    return false;
  }
  const bool trains = (call.flags & GM_CALL_TRAIN) != 0;
  if (trains == gradient && (call.need != nullptr) == gradient) return true;
  scope.report("was called with a tape, GM_CALL_TRAIN and need that contradict each other");
  return !gradient || call.need != nullptr;
}

bool check_counts(CallScope& scope, const CheckedInstance& self, std::uint32_t operation, std::uint32_t n,
                  std::uint32_t m) {
  if (self.info == nullptr) return true;
  if (operation >= self.info->operation_count) {
    scope.report("was called, but the plugin does not have it");
    return false;
  }
  const gm_operation_info& info = *self.info->operations[operation];
  if (n == info.input_count && m == info.output_count) return true;
  scope.report(fmt::format("was called with {} inputs and {} outputs when it has {} and {}", n, m,
                           info.input_count, info.output_count));
  return false;
}

// An object that is gone is taken out: there is nothing to release.
bool check_objects(CallScope& scope, const std::vector<PortSpec>* ports, gm_value* in, std::uint32_t n) {
  bool held = true;
  for (std::uint32_t i = 0; i < n; ++i) {
    if (in[i].kind != GM_VALUE_OBJECT || is_held(in[i].as.object)) continue;
    scope.report(fmt::format("was given a released object as input {}", port_name(ports, i)));
    in[i].kind = GM_VALUE_NONE;
    held = false;
  }
  return held;
}

void check_inputs(CallScope& scope, const std::vector<PortSpec>* ports, const gm_value* in, std::uint32_t n,
                  Symbols& symbols) {
  for (std::uint32_t i = 0; i < n; ++i) {
    if (in[i].kind == GM_VALUE_TENSOR && (in[i].as.tensor->flags & GM_TENSOR_READ_ONLY) == 0)
      scope.report(fmt::format("was given input {}, which is not READ_ONLY", port_name(ports, i)));
    if (ports == nullptr || i >= ports->size()) continue;
    const std::string wrong = mismatch((*ports)[i], in[i], symbols);
    if (!wrong.empty()) scope.report(fmt::format("was given input {}: {}", port_name(ports, i), wrong));
  }
}

void check_outputs(CallScope& scope, const std::vector<PortSpec>* ports, const gm_value* out, std::uint32_t m,
                   gm_status status, Symbols& symbols) {
  for (std::uint32_t i = 0; i < m; ++i) {
    const bool given = out[i].kind != GM_VALUE_NONE;
    if (status != GM_OK && given)
      scope.report(fmt::format("gave output {} although it answered {}", port_name(ports, i), status));
    if (status == GM_OK && !given) scope.report(fmt::format("gave no output {}", port_name(ports, i)));
    if (status != GM_OK || !given || ports == nullptr || i >= ports->size()) continue;
    const std::string wrong = mismatch((*ports)[i], out[i], symbols);
    if (!wrong.empty()) scope.report(fmt::format("gave output {}: {}", port_name(ports, i), wrong));
  }
}

void give_inputs(const CallScope& scope, GivenTensors& given, const std::vector<PortSpec>* ports,
                 gm_value* in, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::string name = "input " + port_name(ports, i);
    if (in[i].kind == GM_VALUE_TENSOR) in[i].as.tensor = given.give(in[i].as.tensor, name);
    if (in[i].kind == GM_VALUE_OBJECT)
      in[i].as.object = object_for_plugin(in[i].as.object, scope.where(), name);
  }
}

void take_objects(CallScope& scope, const std::vector<PortSpec>* ports, gm_value* out, std::uint32_t m) {
  for (std::uint32_t i = 0; i < m; ++i) {
    if (out[i].kind != GM_VALUE_OBJECT) continue;
    const std::string name = "output " + port_name(ports, i);
    if (!is_held(out[i].as.object)) {
      scope.report(fmt::format("gave an object that it had released as {}", name));
      out[i].kind = GM_VALUE_NONE;
      continue;
    }
    out[i].as.object = object_for_host(out[i].as.object, scope.where(), name);
  }
}

std::vector<InputShape> shapes_of(const gm_value* in, std::uint32_t n) {
  std::vector<InputShape> shapes(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    if (in[i].kind == GM_VALUE_TENSOR) shapes[i] = {true, in[i].as.tensor->dtype, shape_of(*in[i].as.tensor)};
  }
  return shapes;
}

// The tape that the caller gets; null where the plugin kept nothing.
gm_tape* wrap_tape(CallScope& scope, CheckedInstance& self, gm_tape* inner, gm_status status,
                   std::uint32_t operation, std::vector<InputShape> shapes) {
  if (inner == nullptr) return nullptr;
  if (status != GM_OK) {
    scope.report(fmt::format("kept a tape although it answered {}", status));
    self.plugin.interface->tape_release(self.inner, inner);
    return nullptr;
  }
  auto* const tape = new CheckedTape;
  keep(tape);
  tape->instance = &self;
  tape->inner = inner;
  tape->operation = operation;
  tape->inputs = std::move(shapes);
  ++self.tapes;
  return tape->handle();
}

bool check_tape(CallScope& scope, const CheckedInstance& self, gm_tape* handle, std::uint32_t operation) {
  const auto refuse = [&](const char* what) {
    scope.report(what);
    return false;
  };
  if (handle == nullptr) return refuse("was called without the tape of its forward");
  CheckedTape& tape = CheckedTape::of(handle);
  if (tape.instance != &self || tape.operation != operation)
    return refuse("was given the tape of another call");
  if (tape.released) return refuse("was given a tape that was released");
  if (tape.used.exchange(true)) return refuse("was called twice for one tape");
  return true;
}

void check_gradients(CallScope& scope, const CheckedTape& tape, const std::vector<PortSpec>* ports,
                     const std::uint8_t* need, gm_tensor** grad_in, std::uint32_t n, gm_status status) {
  for (std::uint32_t i = 0; i < n; ++i) {
    if (grad_in[i] == nullptr) continue;
    const std::string name = port_name(ports, i);
    if (status != GM_OK)
      scope.report(fmt::format("gave the gradient of input {} although it answered {}", name, status));
    if (need[i] == 0) scope.report(fmt::format("gave the gradient of input {}, which nobody needs", name));
    if (i >= tape.inputs.size() || !tape.inputs[i].is_tensor) continue;
    const InputShape& input = tape.inputs[i];
    if (shape_of(*grad_in[i]) != input.shape)
      scope.report(fmt::format("gave the gradient of input {} in another shape than the input's", name));
    const std::string dtype = dtype_name(grad_in[i]->dtype);
    const std::string input_dtype = dtype_name(input.dtype);
    if (dtype != "f32" && dtype != input_dtype)
      scope.report(fmt::format("gave the gradient of input {} as {} when it should be {}", name, dtype,
                               input_dtype == "f32" ? input_dtype : "f32 or " + input_dtype));
  }
}

}  // namespace

gm_status checked_forward(gm_instance* instance, std::uint32_t operation, const gm_call* call, gm_value* in,
                          std::uint32_t n, gm_value* out, std::uint32_t m, gm_tape** tape) {
  CheckedInstance& self = CheckedInstance::of(instance);
  CallScope scope(self, self.call_name(operation_name(self, operation)),
                  {CallThread::compute, CallState::started});
  const OperationSpec* spec = self.operation(operation);
  const auto* inputs = spec != nullptr ? &spec->inputs : nullptr;
  const auto* outputs = spec != nullptr ? &spec->outputs : nullptr;
  if (!scope.allowed() || !check_request(scope, *call, tape != nullptr) ||
      !check_counts(scope, self, operation, n, m) || !check_objects(scope, inputs, in, n)) {
    release_values(in, n);
    return GM_ERROR_MISUSE;
  }
  Symbols symbols;
  check_inputs(scope, inputs, in, n, symbols);
  std::vector<InputShape> shapes = shapes_of(in, n);
  TracedCall traced(scope.where(), values_text(inputs, in, n));
  GivenTensors given(scope.where());
  give_inputs(scope, given, inputs, in, n);
  gm_tape* inner = nullptr;
  const gm_status status = self.plugin.interface->forward(self.inner, operation, call, in, n, out, m,
                                                          tape != nullptr ? &inner : nullptr);
  traced.end(status, values_text(outputs, out, m));
  check_outputs(scope, outputs, out, m, status, symbols);
  take_objects(scope, outputs, out, m);
  if (tape != nullptr) *tape = wrap_tape(scope, self, inner, status, operation, std::move(shapes));
  return status;
}

gm_status checked_vjp(gm_instance* instance, std::uint32_t operation, const gm_call* call, gm_tape* tape,
                      gm_tensor** grad_out, std::uint32_t m, gm_tensor** grad_in, std::uint32_t n) {
  CheckedInstance& self = CheckedInstance::of(instance);
  CallScope scope(self, self.call_name("vjp of " + operation_name(self, operation)),
                  {CallThread::compute, CallState::started});
  if (!scope.allowed() || !check_request(scope, *call, true) || !check_tape(scope, self, tape, operation) ||
      !check_counts(scope, self, operation, n, m)) {
    release_tensors(grad_out, m);
    return GM_ERROR_MISUSE;
  }
  const OperationSpec* spec = self.operation(operation);
  TracedCall traced(scope.where(), tensors_text(spec != nullptr ? &spec->outputs : nullptr, grad_out, m));
  GivenTensors given(scope.where());
  for (std::uint32_t i = 0; i < m; ++i) {
    const std::string port = port_name(spec != nullptr ? &spec->outputs : nullptr, i);
    if (grad_out[i] != nullptr && (grad_out[i]->flags & GM_TENSOR_READ_ONLY) == 0)
      scope.report(fmt::format("was given the gradient of output {}, which is not READ_ONLY", port));
    grad_out[i] = given.give(grad_out[i], "the gradient of output " + port);
  }
  const CheckedTape& kept = CheckedTape::of(tape);
  const gm_status status =
      self.plugin.interface->vjp(self.inner, operation, call, kept.inner, grad_out, m, grad_in, n);
  traced.end(status, tensors_text(spec != nullptr ? &spec->inputs : nullptr, grad_in, n));
  check_gradients(scope, kept, spec != nullptr ? &spec->inputs : nullptr, call->need, grad_in, n, status);
  return status;
}

}  // namespace gistmill
