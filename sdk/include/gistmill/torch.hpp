// Write a component on LibTorch tensors: derive from gistmill::torch::Component, write forward functions on
// at::Tensor, and get vjp, tape, parameter gradients and zero-copy DLPack exchange from autograd.
// Built against one LibTorch; the manifest records which. Not for plugins of tier "c".
#pragma once

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/DLConvertor.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gistmill/plugin.hpp"
#include "gistmill/products.hpp"

namespace gistmill {

static_assert(sizeof(gm_tensor) == sizeof(DLManagedTensorVersioned));
static_assert(offsetof(gm_tensor, deleter) == offsetof(DLManagedTensorVersioned, deleter));
static_assert(offsetof(gm_tensor, flags) == offsetof(DLManagedTensorVersioned, flags));
static_assert(offsetof(gm_tensor, data) ==
              offsetof(DLManagedTensorVersioned, dl_tensor) + offsetof(DLTensor, data));
static_assert(offsetof(gm_tensor, device_type) ==
              offsetof(DLManagedTensorVersioned, dl_tensor) + offsetof(DLTensor, device));
static_assert(offsetof(gm_tensor, ndim) ==
              offsetof(DLManagedTensorVersioned, dl_tensor) + offsetof(DLTensor, ndim));
static_assert(offsetof(gm_tensor, dtype) ==
              offsetof(DLManagedTensorVersioned, dl_tensor) + offsetof(DLTensor, dtype));
static_assert(offsetof(gm_tensor, shape) ==
              offsetof(DLManagedTensorVersioned, dl_tensor) + offsetof(DLTensor, shape));
static_assert(offsetof(gm_tensor, strides) ==
              offsetof(DLManagedTensorVersioned, dl_tensor) + offsetof(DLTensor, strides));
static_assert(offsetof(gm_tensor, byte_offset) ==
              offsetof(DLManagedTensorVersioned, dl_tensor) + offsetof(DLTensor, byte_offset));

namespace torch {

// Takes ownership of a tensor that came across the ABI; no copy.
inline at::Tensor adopt(gm_tensor* tensor) {
  if (tensor->major != GM_DLPACK_MAJOR) {
    if (tensor->deleter != nullptr) tensor->deleter(tensor);
    throw Error(GM_ERROR_MISUSE, "a tensor of another DLPack version");
  }
  return at::fromDLPackVersioned(reinterpret_cast<DLManagedTensorVersioned*>(tensor));
}

// A new handle on the tensor's memory, for the ABI; the receiver owns it. No copy, but for a lazily negated
// or conjugated view: DLPack has no such bits, and the values would cross with the wrong sign.
inline gm_tensor* share(const at::Tensor& tensor) {
  return reinterpret_cast<gm_tensor*>(at::toDLPackVersioned(tensor.detach().resolve_conj().resolve_neg()));
}

// A generator of its own: random numbers never come from global state. Kinds of devices draw other numbers
// for the same key: what must not depend on the device (initial values) is drawn on the CPU.
inline at::Generator generator(std::uint64_t key, const at::Device& device = at::kCPU) {
  if (device.is_cpu()) return at::detail::createCPUGenerator(key);
  at::Generator made =
      at::globalContext().getAcceleratorHooksInterface(device.type()).getNewGenerator(device.index());
  made.set_current_seed(key);
  return made;
}

// Registered parameters of a component, in the order of registration.
class Parameters final : public ParameterSet {
 public:
  at::Tensor add(std::string name, const at::Tensor& initial, std::uint32_t flags) {
    Entry& entry = entries_.emplace_back();
    entry.name = std::move(name);
    entry.tensor = initial.detach();
    if ((flags & GM_PARAM_TRAINABLE) != 0) entry.tensor.requires_grad_(true);
    entry.info = {sizeof(gm_param_info), flags, entry.name.c_str()};
    return entry.tensor;
  }

  std::uint32_t count() const override { return static_cast<std::uint32_t>(entries_.size()); }
  const gm_param_info* describe(std::uint32_t index) const override { return &entries_.at(index).info; }
  gm_tensor* share(std::uint32_t index) override { return torch::share(entries_.at(index).tensor); }
  void bind_gradient(std::uint32_t index, gm_tensor* gradient) override {
    entries_.at(index).gradient = adopt(gradient);
  }

  // The parameters that gradients were bound for, and those gradients.
  void bound(std::vector<at::Tensor>& parameters, std::vector<at::Tensor>& gradients) const {
    for (const Entry& entry : entries_) {
      if (!entry.gradient.defined()) continue;
      parameters.push_back(entry.tensor);
      gradients.push_back(entry.gradient);
    }
  }

 private:
  struct Entry {
    std::string name;
    at::Tensor tensor;
    at::Tensor gradient;
    gm_param_info info{};
  };
  std::deque<Entry> entries_;  // addresses stay: infos point at names
};

// Base of components on LibTorch.
class Component {
 public:
  Parameters& parameter_set() { return *parameters_; }

  // Called before start().
  void place_on(const Start& start) {
    device_ = at::dlDeviceToTorchDevice(static_cast<DLDeviceType>(start.device_type()),
                                        static_cast<c10::DeviceIndex>(start.device_id()));
  }

 protected:
  // Where this component computes, known from start() on: its parameters lie there, and so do the tensors
  // that other components on LibTorch made. What comes from components without LibTorch (tokens, places,
  // masks) lies in main memory: look at it there, and move what the arithmetic needs with here().
  const at::Device& device() const { return device_; }
  at::Tensor here(const at::Tensor& tensor) const { return tensor.to(device_, /*non_blocking=*/true); }

  // Registers a parameter on the device and gives the tensor to compute with. To be called in start(). The
  // host changes its memory in place between steps.
  at::Tensor parameter(std::string name, const at::Tensor& initial,
                       std::uint32_t flags = GM_PARAM_TRAINABLE) {
    return parameters_->add(std::move(name), initial.to(device_), flags);
  }
  // A tensor that is saved with the checkpoint and gets no gradient.
  at::Tensor buffer(std::string name, const at::Tensor& initial) {
    return parameters_->add(std::move(name), initial.to(device_), GM_PARAM_BUFFER);
  }

 private:
  at::Device device_ = at::kCPU;
  std::unique_ptr<Parameters> parameters_ = std::make_unique<Parameters>();
};

// What an optimizer is given: parameter and gradient share memory with the component's own.
struct BoundParameter {
  std::string name;
  std::uint32_t flags = 0;
  at::Tensor parameter;
  at::Tensor gradient;
};

}  // namespace torch

namespace detail {

template <>
struct PortValue<at::Tensor> {
  static at::Tensor take(gm_value& value) {
    if (value.kind != GM_VALUE_TENSOR) throw Error(GM_ERROR_MISUSE, "a port that needs a tensor has none");
    value.kind = GM_VALUE_NONE;
    return torch::adopt(value.as.tensor);
  }
  static void give(const at::Tensor& tensor, gm_value& value) {
    value.as.tensor = torch::share(tensor);
    value.kind = GM_VALUE_TENSOR;
  }
};

// An operation on at::Tensors; its vjp is autograd's.
template <class T, class F>
struct TorchOperation final : Operation<T> {
  struct AutogradTape final : Tape {
    std::vector<at::Tensor> inputs;   // one an input; undefined where no gradient was asked
    std::vector<at::Tensor> outputs;  // one an output; undefined for objects
    gm_work work = empty_work();      // of the products that autograd will do
  };

  TorchOperation(const char* name, F forward_function) : function(forward_function) {
    this->info = {sizeof(gm_operation_info), name, input_count<F>(), output_count<F>(), 1};
  }

  void forward(T& object, const gm_call* call, gm_value* in, std::uint32_t n, gm_value* out, std::uint32_t m,
               std::unique_ptr<Tape>* tape) override {
    Inputs inputs(in, n);
    check_counts(n, this->info.input_count, m, this->info.output_count);
    using Arguments = ArgumentsOf<F>;
    auto arguments = take_all<Arguments>(inputs, std::make_index_sequence<std::tuple_size_v<Arguments>>());
    const at::AutoGradMode mode(tape != nullptr);
    auto kept = std::make_unique<AutogradTape>();
    if (tape != nullptr) {
      std::size_t index = 0;
      std::apply([&](auto&... argument) { (kept->inputs.push_back(track(argument, call, index++)), ...); },
                 arguments);
    }
    const BackwardScope account(tape != nullptr ? &kept->work : nullptr);
    auto results = invoke(object, function, Call(call), arguments);
    if (tape != nullptr) {
      std::apply([&](const auto&... result) { (kept->outputs.push_back(as_tensor(result)), ...); }, results);
      *tape = std::move(kept);
    }
    give_all(std::move(results), out, std::make_index_sequence<std::tuple_size_v<ResultsOf<F>>>());
  }

  void vjp(T& object, const gm_call* call, Tape& tape, GivenTensors& grad_out, std::uint32_t m,
           gm_tensor** grad_in, std::uint32_t n) override {
    auto& kept = static_cast<AutogradTape&>(tape);
    std::vector<at::Tensor> outputs;
    std::vector<at::Tensor> grads;
    for (std::uint32_t i = 0; i < m; ++i) {
      gm_tensor* const given = grad_out.take(i);
      if (given == nullptr) continue;
      at::Tensor grad = torch::adopt(given);
      if (!kept.outputs[i].defined() || !kept.outputs[i].requires_grad()) continue;
      outputs.push_back(kept.outputs[i]);
      grads.push_back(grad.to(kept.outputs[i].scalar_type()));
    }
    if (outputs.empty()) return;

    std::vector<at::Tensor> sources;
    std::vector<std::uint32_t> source_input;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (!Call(call).needs(i) || !kept.inputs[i].defined()) continue;
      sources.push_back(kept.inputs[i]);
      source_input.push_back(i);
    }
    const std::size_t input_sources = sources.size();
    std::vector<at::Tensor> gradients;
    object.parameter_set().bound(sources, gradients);
    if (sources.empty()) return;
    // Releases the graph as it goes; the tape cannot be used twice, which the host never asks for.
    const auto result = ::torch::autograd::grad(outputs, sources, grads, /*retain_graph=*/false,
                                                /*create_graph=*/false, /*allow_unused=*/true);
    count(kept.work);
    const at::NoGradGuard no_grad;
    for (std::size_t i = 0; i < input_sources; ++i) {
      if (result[i].defined()) grad_in[source_input[i]] = torch::share(result[i]);
    }
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (result[input_sources + i].defined()) gradients[i].add_(result[input_sources + i]);
    }
  }

 private:
  static at::Tensor track(at::Tensor& tensor, const gm_call* call, std::size_t index) {
    if (call->need == nullptr || call->need[index] == 0 || !tensor.is_floating_point()) return {};
    tensor = tensor.detach().requires_grad_(true);
    return tensor;
  }
  static at::Tensor track(std::optional<at::Tensor>& tensor, const gm_call* call, std::size_t index) {
    return tensor.has_value() ? track(*tensor, call, index) : at::Tensor();
  }
  template <class Other>
  static at::Tensor track(Other&, const gm_call*, std::size_t) {
    return {};
  }
  static at::Tensor as_tensor(const at::Tensor& tensor) { return tensor; }
  template <class Other>
  static at::Tensor as_tensor(const Other&) {
    return {};
  }

  F function;
};

template <class T>
struct OperationMaker<T, std::enable_if_t<std::is_base_of_v<torch::Component, T>>> {
  template <class F>
  static std::unique_ptr<Operation<T>> make(const char* name, F function, NoVjp) {
    return std::make_unique<TorchOperation<T, F>>(name, function);
  }
};

}  // namespace detail
}  // namespace gistmill
