// Tensors across the ABI for one instance; see instance.hpp.
#include "host/run/step/tensor_instance.hpp"

#include <ATen/ATen.h>
#include <ATen/DLConvertor.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "host/check/violation.hpp"
#include "host/instance/instance_state.hpp"
#include "host/run/step/torch_state.hpp"

namespace gistmill {

TapeHandle& TapeHandle::operator=(TapeHandle&& other) noexcept {
  if (this == &other) return *this;
  reset();
  interface_ = other.interface_;
  instance_ = other.instance_;
  tape_ = std::exchange(other.tape_, nullptr);
  return *this;
}

void TapeHandle::reset() {
  if (tape_ != nullptr && interface_->tape_release != nullptr) interface_->tape_release(instance_, tape_);
  tape_ = nullptr;
}

namespace {

// Before the base calls the plugin for the first time.
const PlannedInstance& probed(const PlannedInstance& planned) {
  if (checks_calls()) add_state_probe(read_torch_state);
  return planned;
}

}  // namespace

TensorInstance::TensorInstance(const PlannedInstance& planned, const LoadedComponent& component,
                               const gm_host& host)
    : Instance(probed(planned), component, host) {}

void TensorInstance::start_on(const at::Device& device, const std::map<std::string, std::int64_t>& symbols,
                              std::uint64_t run_seed) {
  if (!device.is_cpu() && component().file->manifest.tier == "libtorch") {
    device_ = device;
    const DLDevice place = at::torchDeviceToDLDevice(device);
    set_device(place.device_type, place.device_id);
  }
  Instance::start(symbols, run_seed);
  refresh_parameters();
}

void TensorInstance::refresh_parameters() {
  const auto* params = extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  if (params == nullptr) return;
  ErrorSink sink;
  parameters_.clear();
  const std::uint32_t count = params->count(handle());
  for (std::uint32_t i = 0; i < count; ++i) {
    const gm_param_info* info = params->describe(handle(), i);
    gm_tensor* tensor = nullptr;
    const gm_status status = params->tensor(handle(), i, &tensor, sink.get());
    if (status != GM_OK || tensor == nullptr) fail(status, sink, "reading the parameters of");
    parameters_.push_back({info->name, info->flags, adopt_tensor(tensor), {}});
  }
}

void TensorInstance::bind_gradients() {
  const auto* params = extension<gm_params_extension>(GM_PARAMS_EXTENSION);
  ErrorSink sink;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Parameter& parameter = parameters_[i];
    if (!parameter.trainable()) continue;
    parameter.gradient = at::zeros_like(parameter.tensor);
    const gm_status status = params->bind_gradient(handle(), static_cast<std::uint32_t>(i),
                                                   share_tensor(parameter.gradient, false), sink.get());
    if (status != GM_OK) fail(status, sink, "giving gradient buffers to");
  }
}

void* TensorInstance::stream() const {
  if (device_.is_cpu()) return nullptr;
  return c10::impl::VirtualGuardImpl(device_.type()).getStream(device_).native_handle();
}

SlotValue TensorInstance::reachable(const SlotValue& value) const {
  if (!device_.is_cpu() || !value.tensor().defined() || value.tensor().is_cpu()) return value;
  return SlotValue(value.tensor().cpu());
}

bool TensorInstance::forward(const OperationSpec& operation, const StepContext& context,
                             const std::vector<SlotValue>& in, std::vector<SlotValue>& out, TapeHandle* tape,
                             const std::vector<std::uint8_t>& need) {
  std::vector<gm_value> given;
  given.reserve(in.size());
  for (const SlotValue& value : in) given.push_back(reachable(value).give());
  std::vector<gm_value> results;
  gm_tape* kept = nullptr;
  const bool ran = call(operation, context, given, results, tape != nullptr ? &kept : nullptr, need);
  if (tape != nullptr) *tape = TapeHandle(&interface(), handle(), kept);
  if (!ran) return false;
  out.clear();
  for (gm_value& value : results) out.push_back(SlotValue::take(value));
  return true;
}

std::vector<at::Tensor> TensorInstance::vjp(const OperationSpec& operation, const StepContext& context,
                                            const TapeHandle& tape, const std::vector<at::Tensor>& grad_out,
                                            const std::vector<std::uint8_t>& need) {
  std::vector<gm_tensor*> given;
  for (const at::Tensor& grad : grad_out) {
    given.push_back(grad.defined() ? share_tensor(device_.is_cpu() ? grad.cpu() : grad, true) : nullptr);
  }
  std::vector<gm_tensor*> results(operation.inputs.size(), nullptr);
  ErrorSink sink;
  const gm_call call = make_call(context, sink.get(), &need);
  const gm_status status = interface().vjp(handle(), operation_index(*planned().spec, operation), &call,
                                           tape.get(), given.data(), static_cast<std::uint32_t>(given.size()),
                                           results.data(), static_cast<std::uint32_t>(results.size()));
  refuse_violations();
  if (status != GM_OK) fail(status, sink, "taking the gradient of " + operation.name + " of");
  std::vector<at::Tensor> gradients(results.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i] != nullptr) gradients[i] = adopt_tensor(results[i]);
  }
  return gradients;
}

bool TensorInstance::has_state() const { return gistmill::has_state(*this); }

std::string TensorInstance::save_state() { return gistmill::save_state(*this); }

void TensorInstance::load_state(std::string_view bytes) { gistmill::load_state(*this, bytes); }

}  // namespace gistmill
