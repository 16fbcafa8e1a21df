// An instance whose values are LibTorch tensors: parameters, gradients, tapes. Knows no pipeline.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/instance/instance.hpp"
#include "host/run/step/slot_value.hpp"

namespace gistmill {

// What a forward kept; released with its instance's function, exactly once.
class TapeHandle {
 public:
  TapeHandle() = default;
  TapeHandle(const gm_component_interface* interface, gm_instance* instance, gm_tape* tape)
      : interface_(interface), instance_(instance), tape_(tape) {}
  TapeHandle(TapeHandle&& other) noexcept { *this = std::move(other); }
  TapeHandle& operator=(TapeHandle&& other) noexcept;
  ~TapeHandle() { reset(); }
  void reset();
  gm_tape* get() const { return tape_; }

 private:
  const gm_component_interface* interface_ = nullptr;
  gm_instance* instance_ = nullptr;
  gm_tape* tape_ = nullptr;
};

// A parameter or buffer; `tensor` is the plugin's own memory.
struct Parameter {
  std::string name;  // "head.weight"
  std::uint32_t flags = 0;
  at::Tensor tensor;
  at::Tensor gradient;  // defined once bound

  bool trainable() const { return (flags & GM_PARAM_TRAINABLE) != 0; }
};

class TensorInstance : public Instance {
 public:
  TensorInstance(const PlannedInstance& planned, const LoadedComponent& component, const gm_host& host);

  // Starts it on `device` and fetches its parameters. A component without LibTorch knows no device: it
  // computes in main memory, where it also finds all that it is given. Once.
  void start_on(const at::Device& device, const std::map<std::string, std::int64_t>& symbols,
                std::uint64_t run_seed);

  // Runs an operation of the manifest. Results are in the manifest's order. `tape`: null, or where a vjp
  // follows; `need` as in gm_call, one byte an input. Answers false where a source has nothing more.
  bool forward(const OperationSpec& operation, const StepContext& context, const std::vector<SlotValue>& in,
               std::vector<SlotValue>& out, TapeHandle* tape, const std::vector<std::uint8_t>& need);
  // grad_out: undefined where nothing flows back. The result has one tensor an input, undefined where none
  // was asked or the gradient is zero. Parameter gradients are added to the bound buffers.
  std::vector<at::Tensor> vjp(const OperationSpec& operation, const StepContext& context,
                              const TapeHandle& tape, const std::vector<at::Tensor>& grad_out,
                              const std::vector<std::uint8_t>& need);

  // Where it computes, once started.
  const at::Device& device() const { return device_; }

  std::vector<Parameter>& parameters() { return parameters_; }
  // Fetches them anew: an optimizer has its moments only after it was given parameters.
  void refresh_parameters();
  // Makes a zeroed gradient for every trainable parameter and gives it to the plugin.
  void bind_gradients();

  bool has_state() const;
  std::string save_state();
  void load_state(std::string_view bytes);

 private:
  void* stream() const override;
  SlotValue reachable(const SlotValue& value) const;

  at::Device device_ = at::kCPU;
  std::vector<Parameter> parameters_;
};

}  // namespace gistmill
