// The C tables of component.h and extensions.h, filled once for all components of a plugin. Each entry
// guards against exceptions and forwards to the instance. Nothing here is for plugin authors.
#pragma once

#include <string_view>

#include "gistmill/plugin/instance.hpp"
#include "gistmill/plugin/work.hpp"

namespace gistmill::detail {

const ComponentList& plugin_components();  // defined by GISTMILL_PLUGIN

inline InstanceBase& base(gm_instance* instance) { return *reinterpret_cast<InstanceBase*>(instance); }
inline Tape& base(gm_tape* tape) { return *reinterpret_cast<Tape*>(tape); }

inline const gm_symbols_extension& symbols_extension() {
  static const gm_symbols_extension table = {sizeof(gm_symbols_extension),
                                             [](gm_instance* instance, const char* name) -> std::int64_t {
                                               std::int64_t value = -1;
                                               guarded(nullptr, [&] { value = base(instance).symbol(name); });
                                               return value;
                                             }};
  return table;
}

inline const gm_identity_extension& identity_extension() {
  static const gm_identity_extension table = {
      sizeof(gm_identity_extension), [](gm_instance* instance, gm_error* error) -> const char* {
        const char* digest = nullptr;
        guarded(error, [&] { digest = base(instance).digest().c_str(); });
        return digest;
      }};
  return table;
}

inline const gm_describe_extension& describe_extension() {
  static const gm_describe_extension table = {
      sizeof(gm_describe_extension), [](gm_instance* instance, gm_error* error) -> const char* {
        const char* description = nullptr;
        guarded(error, [&] { description = base(instance).describe().c_str(); });
        return description;
      }};
  return table;
}

inline const gm_params_extension& params_extension() {
  static const gm_params_extension table = {
      sizeof(gm_params_extension), [](gm_instance* instance) { return base(instance).parameters()->count(); },
      [](gm_instance* instance, std::uint32_t index) { return base(instance).parameters()->describe(index); },
      [](gm_instance* instance, std::uint32_t index, gm_tensor** out, gm_error* error) {
        return guarded(error, [&] { *out = base(instance).parameters()->share(index); });
      },
      [](gm_instance* instance, std::uint32_t index, gm_tensor* gradient, gm_error* error) {
        return guarded(error, [&] { base(instance).parameters()->bind_gradient(index, gradient); });
      }};
  return table;
}

inline const gm_state_extension& state_extension() {
  static const gm_state_extension table = {
      sizeof(gm_state_extension),
      [](gm_instance* instance, gm_sink* sink, gm_error* error) {
        return guarded(error, [&] {
          const std::string bytes = base(instance).save_state();
          if (sink->write(sink, bytes.data(), bytes.size()) != GM_OK) {
            throw Error(GM_ERROR_UNAVAILABLE, "the host could not take the state");
          }
        });
      },
      [](gm_instance* instance, const void* data, std::uint64_t size, gm_error* error) {
        return guarded(error, [&] {
          base(instance).load_state(std::string_view(static_cast<const char*>(data), size));
        });
      }};
  return table;
}

inline const gm_optimizer_extension& optimizer_extension() {
  static const gm_optimizer_extension table = {
      sizeof(gm_optimizer_extension),
      [](gm_instance* instance, const gm_param_info* const* infos, gm_tensor** parameters,
         gm_tensor** gradients, std::uint32_t n, gm_error* error) {
        GivenTensors given_parameters(parameters, n);
        GivenTensors given_gradients(gradients, n);
        return guarded(error, [&] { base(instance).bind(infos, given_parameters, given_gradients, n); });
      },
      [](gm_instance* instance, std::uint64_t step, const double* learning_rates, std::uint32_t n,
         gm_error* error) {
        return guarded(error, [&] { base(instance).optimizer_step(step, learning_rates, n); });
      }};
  return table;
}

inline const gm_codec_extension& codec_extension() {
  static const gm_codec_extension table = {
      sizeof(gm_codec_extension),
      [](gm_instance* instance, const char* type) -> std::int32_t {
        return base(instance).knows_object(type) ? 1 : 0;
      },
      [](gm_instance* instance, const gm_object* object, gm_tensor_sink* sink, gm_error* error) {
        return guarded(error, [&] { base(instance).encode_object(object, sink); });
      },
      [](gm_instance* instance, const char*, const char* const* names, gm_tensor** tensors, std::uint32_t n,
         gm_object** out, gm_error* error) {
        GivenTensors given(tensors, n);
        return guarded(error, [&] { *out = base(instance).decode_object(names, given, n); });
      }};
  return table;
}

inline const gm_store_extension& store_extension() {
  static const gm_store_extension table = {
      sizeof(gm_store_extension),
      [](gm_instance* instance, const char* path, const char* provenance, gm_error* error) {
        return guarded(error, [&] { base(instance).begin(path, provenance); });
      },
      [](gm_instance* instance, gm_error* error) {
        return guarded(error, [&] { base(instance).commit(); });
      }};
  return table;
}

inline const gm_events_extension& events_extension() {
  static const gm_events_extension table = {
      sizeof(gm_events_extension),
      [](gm_instance* instance, const char* json, std::uint64_t size, gm_error* error) {
        return guarded(error, [&] { base(instance).on_event(std::string_view(json, size)); });
      }};
  return table;
}

inline const gm_monitor_extension& monitor_extension() {
  static const gm_monitor_extension table = {
      sizeof(gm_monitor_extension),
      [](gm_instance* instance, const char* json, std::uint64_t size, gm_decision* out, gm_error* error) {
        return guarded(error, [&] { base(instance).decide(std::string_view(json, size), *out); });
      }};
  return table;
}

inline const void* find_extension(gm_instance* instance, const char* id) {
  const std::string_view name(id);
  if (!base(instance).offers(name)) return nullptr;
  if (name == GM_SYMBOLS_EXTENSION) return &symbols_extension();
  if (name == GM_IDENTITY_EXTENSION) return &identity_extension();
  if (name == GM_DESCRIBE_EXTENSION) return &describe_extension();
  if (name == GM_PARAMS_EXTENSION) return &params_extension();
  if (name == GM_STATE_EXTENSION) return &state_extension();
  if (name == GM_CODEC_EXTENSION) return &codec_extension();
  if (name == GM_OPTIMIZER_EXTENSION) return &optimizer_extension();
  if (name == GM_STORE_EXTENSION) return &store_extension();
  if (name == GM_EVENTS_EXTENSION) return &events_extension();
  if (name == GM_MONITOR_EXTENSION) return &monitor_extension();
  return nullptr;
}

inline gm_status create(const gm_host* with, const char* name, const gm_options* options, gm_instance** out,
                        gm_error* error) {
  host() = with;
  return guarded(error, [&] {
    *out = nullptr;
    for (const auto& component : plugin_components()) {
      if (std::string_view(component->info().name) != name) continue;
      *out = reinterpret_cast<gm_instance*>(component->create(Options(options)).release());
      return;
    }
    throw Error(GM_ERROR_MISUSE, "this plugin has no component '" + std::string(name) + "'");
  });
}

inline gm_status forward(gm_instance* instance, std::uint32_t operation, const gm_call* call, gm_value* in,
                         std::uint32_t n, gm_value* out, std::uint32_t m, gm_tape** tape) {
  return guarded(call->error, [&] {
    const WorkScope account(call->work);
    const CancelScope cancel(call->cancel);
    std::unique_ptr<Tape> kept;
    base(instance).forward(operation, call, in, n, out, m, tape != nullptr ? &kept : nullptr);
    if (tape != nullptr) *tape = reinterpret_cast<gm_tape*>(kept.release());
  });
}

inline gm_status vjp(gm_instance* instance, std::uint32_t operation, const gm_call* call, gm_tape* tape,
                     gm_tensor** grad_out, std::uint32_t m, gm_tensor** grad_in, std::uint32_t n) {
  GivenTensors given(grad_out, m);
  const gm_status status = guarded(call->error, [&] {
    if (tape == nullptr) throw Error(GM_ERROR_MISUSE, "vjp without the tape of its forward");
    const WorkScope account(call->work);
    const CancelScope cancel(call->cancel);
    base(instance).vjp(operation, call, base(tape), given, m, grad_in, n);
  });
  for (std::uint32_t i = 0; i < n && status != GM_OK; ++i) release(grad_in[i]);
  return status;
}

inline const gm_component_interface& component_interface() {
  static const gm_component_interface table = {
      sizeof(gm_component_interface),
      [] { return static_cast<std::uint32_t>(plugin_components().size()); },
      [](std::uint32_t index) -> const gm_component_info* {
        return index < plugin_components().size() ? &plugin_components()[index]->info() : nullptr;
      },
      create,
      [](gm_instance* instance) { delete reinterpret_cast<InstanceBase*>(instance); },
      [](gm_instance* instance, const gm_start* start, gm_error* error) {
        return guarded(error, [&] { base(instance).start(Start(start)); });
      },
      forward,
      vjp,
      [](gm_instance*, gm_tape* tape) { delete reinterpret_cast<Tape*>(tape); },
      find_extension};
  return table;
}

inline gm_status init(const gm_host* with, gm_error*) {
  host() = with;
  return GM_OK;
}

inline const void* get_interface(const char* id) {
  return std::string_view(id) == GM_COMPONENT_INTERFACE ? &component_interface() : nullptr;
}

}  // namespace gistmill::detail
