// One gm_instance with everything the host may ask of it. Statuses become Failures that name the instance
// and point at the recipe. Knows no pipeline.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gistmill/entry.h"
#include "gistmill/extensions.h"
#include "host/plan/plan.hpp"
#include "host/run/slot_value.hpp"

namespace gistmill {

// What is the same for all calls of one micro-step.
struct StepContext {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint64_t micro_step = 0;
  std::uint64_t parameter_generation = 0;
  bool train = false;
  const volatile std::int32_t* cancel = nullptr;  // not null
};

// A number that is the same for the same inputs on every machine: counter-based random keys.
std::uint64_t mix_key(std::uint64_t seed, std::string_view name, std::uint64_t step,
                      std::uint64_t micro_step);

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
  std::uint64_t bytes() const;

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

class Instance {
 public:
  // Creates it; options go over typed, in the manifest's order. `planned` is copied.
  Instance(const PlannedInstance& planned, const LoadedComponent& component, const gm_host& host);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  const std::string& name() const { return planned_.name; }
  const PlannedInstance& planned() const { return planned_; }
  const LoadedComponent& component() const { return component_; }

  std::int64_t symbol(const std::string& name);  // -1: no say in it
  std::string digest();                          // "": depends on nothing outside

  // Starts it and fetches its parameters. Once.
  void start(const std::map<std::string, std::int64_t>& symbols, std::uint64_t run_seed);
  bool started() const { return started_; }

  // Runs an operation of the manifest. Results are in the manifest's order. `tape`: null, or where a vjp
  // follows; `need` as in gm_call. Answers false where a source has nothing more.
  bool forward(const OperationSpec& operation, const StepContext& context, const std::vector<SlotValue>& in,
               std::vector<SlotValue>& out, TapeHandle* tape, const std::vector<std::uint8_t>& need);
  // grad_out: undefined where nothing flows back. The result has one tensor an input, undefined where none
  // was asked or the gradient is zero. Parameter gradients are added to the bound buffers.
  std::vector<at::Tensor> vjp(const OperationSpec& operation, const StepContext& context,
                              const TapeHandle& tape, const std::vector<at::Tensor>& grad_out,
                              const std::vector<std::uint8_t>& need);

  std::vector<Parameter>& parameters() { return parameters_; }
  // Fetches them anew: an optimizer has its moments only after it was given parameters.
  void refresh_parameters();
  // Makes a zeroed gradient for every trainable parameter and gives it to the plugin.
  void bind_gradients();

  bool has_state() const { return state_ != nullptr; }
  std::string save_state();
  void load_state(std::string_view bytes);

  // The optional interface, or null.
  template <class Extension>
  const Extension* extension(const char* id) const {
    return static_cast<const Extension*>(find_extension(id));
  }
  gm_instance* handle() const { return handle_; }

  // Throws the Failure for a status other than ok: "gist (gistnet/refine): message" at the option that the
  // plugin named, else at the instance.
  class ErrorSink;
  [[noreturn]] void fail(gm_status status, const ErrorSink& sink, std::string_view doing) const;

 private:
  const void* find_extension(const char* id) const;
  PlannedInstance planned_;
  LoadedComponent component_;
  const gm_component_interface* interface_;
  gm_instance* handle_ = nullptr;
  const gm_state_extension* state_ = nullptr;
  std::vector<Parameter> parameters_;
  bool started_ = false;
};

// Receives the message of one call across the ABI.
class Instance::ErrorSink {
 public:
  ErrorSink();
  gm_error* get() { return &error_; }
  const std::string& message() const { return message_; }
  const std::string& key() const { return key_; }

 private:
  gm_error error_;
  std::string message_;
  std::string key_;
};

}  // namespace gistmill
