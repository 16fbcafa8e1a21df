// One gm_instance through the ABI, without LibTorch: made, asked, started, called with raw values. Statuses
// become Failures that name the instance and point at the recipe. Knows no pipeline; host/run adds tensors,
// gradients and parameters.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "gistmill/entry.h"
#include "gistmill/extensions.h"
#include "gistmill/plugin/decision.hpp"
#include "host/plan/plan.hpp"

namespace gistmill {

// What is the same for all calls of one micro-step.
struct StepContext {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint64_t micro_step = 0;
  std::uint64_t iteration = 0;  // of a repeated part of a pipeline, from 0
  std::uint64_t parameter_generation = 0;
  bool train = false;                             // calls that a gradient passes get a tape
  const volatile std::int32_t* cancel = nullptr;  // not null
  gm_work* work = nullptr;                        // what calls add what they did to; may be null
};

class Instance {
 public:
  // Creates it; options go over typed, in the manifest's order. `planned` is copied.
  Instance(const PlannedInstance& planned, const LoadedComponent& component, const gm_host& host);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  virtual ~Instance();

  const std::string& name() const { return planned_.name; }
  const PlannedInstance& planned() const { return planned_; }
  const LoadedComponent& component() const { return component_; }

  std::int64_t symbol(const std::string& name) const;  // -1: no say in it
  std::string digest() const;                          // "": depends on nothing outside
  // What the files hold that it reads, as an object in the author's order; empty where it tells nothing.
  // Throws Failure where that is no JSON object.
  nlohmann::ordered_json describe() const;

  // What a monitor decides on an event, a JSON object. Throws Failure where it fails, where it is no monitor,
  // and where what it gives is no decision.
  Decision decide(std::string_view event) const;

  // Before start: where it computes (GM_DEVICE_*). Main memory unless said.
  void set_device(std::int32_t type, std::int32_t id);

  // Whether the process of an isolated component has ended, so that every call of it fails.
  bool process_ended() const;
  // Starts another in its place, with the instance as it was after start(). Only where isolation.skip_steps
  // is above 0. Throws Failure where it cannot be made again.
  void restart_process();

  // Once.
  void start(const std::map<std::string, std::int64_t>& symbols, std::uint64_t run_seed);
  bool started() const { return started_; }

  // Runs an operation of the manifest: `given` belong to the plugin from here on, `results` to the caller.
  // `tape`: null, or where a vjp follows; then `need` has one byte an input, as in gm_call. False: a source
  // has nothing more.
  bool call(const OperationSpec& operation, const StepContext& context, std::vector<gm_value>& given,
            std::vector<gm_value>& results, gm_tape** tape, const std::vector<std::uint8_t>& need) const;

  // The optional interface, or null.
  template <class Extension>
  const Extension* extension(const char* id) const {
    return static_cast<const Extension*>(find_extension(id));
  }
  gm_instance* handle() const { return handle_; }
  // The plugin's, or the checking proxy before it (GISTMILL_CHECK, docs/abi.md).
  const gm_component_interface& interface() const { return *interface_; }

  // Throws the Failure for a status other than ok: "gist (gistnet/refine): message" at the option that the
  // plugin named, else at the instance.
  class ErrorSink;
  [[noreturn]] void fail(gm_status status, const ErrorSink& sink, std::string_view doing) const;

 protected:
  // Throws the Failure for what the checking proxy found since the last time.
  void refuse_violations() const;
  // need: null where no vjp follows. The call points into it.
  gm_call make_call(const StepContext& context, gm_error* error, const std::vector<std::uint8_t>* need) const;
  // What gm_call.stream is for a call that is made now, on this thread.
  virtual void* stream() const { return nullptr; }

 private:
  const void* find_extension(const char* id) const;

  PlannedInstance planned_;
  LoadedComponent component_;
  const gm_component_interface* interface_ = nullptr;
  gm_instance* handle_ = nullptr;
  std::int32_t device_type_ = GM_DEVICE_CPU;
  std::int32_t device_id_ = 0;
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

// What an instance that is planned so is made of: loaded, or for a process of its own.
LoadedComponent component_for(const PlannedInstance& planned, Registry& registry);

// Position of `operation`, one of `spec`'s own, in the manifest's order.
std::uint32_t operation_index(const ComponentSpec& spec, const OperationSpec& operation);

}  // namespace gistmill
