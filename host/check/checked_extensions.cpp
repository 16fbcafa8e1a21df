// The proxy of the optional interfaces: checks that each function is called as its header allows,
// counts who owns what, and otherwise passes on the plugin's answer. See checking_proxy.hpp.
#include <fmt/format.h>

#include <string_view>

#include <string>

#include "gistmill/collective.h"
#include "gistmill/extensions.h"
#include "host/check/call_scope.hpp"
#include "host/check/decision_defect.hpp"
#include "host/check/given_object.hpp"
#include "host/check/given_tensor.hpp"
#include "host/plan/types.hpp"

namespace gistmill {

namespace {

constexpr CallRule kCreated{CallThread::main, CallState::created};
constexpr CallRule kStarted{CallThread::main, CallState::started};
constexpr CallRule kComputes{CallThread::compute, CallState::started};
constexpr CallRule kAnywhere{CallThread::any, CallState::created};

template <class Extension>
const Extension& of(const CheckedInstance& self, const char* id) {
  return *static_cast<const Extension*>(self.plugin.interface->extension(self.inner, id));
}

// What was given to a function that is not allowed, and which owns it all the same.
void release(gm_tensor** tensors, std::uint32_t n) {
  for (std::uint32_t i = 0; i < n; ++i) {
    if (tensors[i] != nullptr && tensors[i]->deleter != nullptr) tensors[i]->deleter(tensors[i]);
  }
}

std::string type_of(const gm_tensor& tensor) {
  const std::vector<std::int64_t> shape(tensor.shape, tensor.shape + tensor.ndim);
  return fmt::format("{}[{}]", dtype_name(tensor.dtype), fmt::join(shape, ", "));
}

// False: the plugin would misread it.
bool check_gradient(CallScope& scope, std::uint32_t index, const gm_tensor& parameter,
                    const gm_tensor& gradient) {
  const std::string expected = type_of(parameter), found = type_of(gradient);
  if (found == expected) return true;
  scope.report(fmt::format("was given the gradient of parameter {} as {} when it should be {}", index, found,
                           expected));
  return false;
}

// ---- what an instance says of itself ----

std::int64_t get_symbol(gm_instance* instance, const char* name) {
  return in_scope(instance, "symbols.get", kCreated, std::int64_t{-1}, [&](auto& self, auto&) {
    return of<gm_symbols_extension>(self, GM_SYMBOLS_EXTENSION).get(self.inner, name);
  });
}
const gm_symbols_extension symbols{sizeof(gm_symbols_extension), get_symbol};

const char* digest(gm_instance* instance, gm_error* error) {
  return in_scope(instance, "identity.digest", kCreated, static_cast<const char*>(nullptr),
                  [&](auto& self, auto&) {
                    return of<gm_identity_extension>(self, GM_IDENTITY_EXTENSION).digest(self.inner, error);
                  });
}
const gm_identity_extension identity{sizeof(gm_identity_extension), digest};

const char* describe(gm_instance* instance, gm_error* error) {
  return in_scope(instance, "describe", kCreated, static_cast<const char*>(nullptr), [&](auto& self, auto&) {
    return of<gm_describe_extension>(self, GM_DESCRIBE_EXTENSION).describe(self.inner, error);
  });
}
const gm_describe_extension description{sizeof(gm_describe_extension), describe};

// ---- gm.params/1 ----

const gm_params_extension& params_of(const CheckedInstance& self) {
  return of<gm_params_extension>(self, GM_PARAMS_EXTENSION);
}
std::uint32_t count_params(gm_instance* instance) {
  return in_scope(instance, "params.count", kStarted, 0u,
                  [](auto& self, auto&) { return params_of(self).count(self.inner); });
}
const gm_param_info* describe_param(gm_instance* instance, std::uint32_t index) {
  return in_scope(instance, "params.describe", kStarted, static_cast<const gm_param_info*>(nullptr),
                  [&](auto& self, auto&) { return params_of(self).describe(self.inner, index); });
}
gm_status param_tensor(gm_instance* instance, std::uint32_t index, gm_tensor** out, gm_error* error) {
  return in_scope(instance, "params.tensor", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto& scope) {
    const gm_status status = params_of(self).tensor(self.inner, index, out, error);
    if (status == GM_OK && (*out == nullptr || ((*out)->flags & GM_TENSOR_READ_ONLY) != 0))
      scope.report(fmt::format("gave no writable tensor for parameter {}", index));
    return status;
  });
}
gm_status bind_gradient(gm_instance* instance, std::uint32_t index, gm_tensor* gradient, gm_error* error) {
  bool called = false;
  const gm_status status =
      in_scope(instance, "params.bind_gradient", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto& scope) {
        gm_tensor* parameter = nullptr;
        if (params_of(self).tensor(self.inner, index, &parameter, error) == GM_OK && parameter != nullptr) {
          const bool fits = check_gradient(scope, index, *parameter, *gradient);
          release(&parameter, 1);
          if (!fits) return GM_ERROR_MISUSE;
        }
        called = true;
        GivenTensors given(scope.where());
        gm_tensor* const handle = given.give(gradient, fmt::format("the gradient of parameter {}", index));
        return params_of(self).bind_gradient(self.inner, index, handle, error);
      });
  if (!called) release(&gradient, 1);
  return status;
}
const gm_params_extension params{sizeof(gm_params_extension), count_params, describe_param, param_tensor,
                                 bind_gradient};

// ---- gm.state/1 ----

gm_status save_state(gm_instance* instance, gm_sink* sink, gm_error* error) {
  return in_scope(instance, "state.save", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto&) {
    return of<gm_state_extension>(self, GM_STATE_EXTENSION).save(self.inner, sink, error);
  });
}
gm_status load_state(gm_instance* instance, const void* data, std::uint64_t size, gm_error* error) {
  return in_scope(instance, "state.load", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto&) {
    return of<gm_state_extension>(self, GM_STATE_EXTENSION).load(self.inner, data, size, error);
  });
}
const gm_state_extension state_table{sizeof(gm_state_extension), save_state, load_state};

// ---- gm.codec/1 ----

std::int32_t knows(gm_instance* instance, const char* type) {
  return in_scope(instance, "codec.knows", kAnywhere, 0, [&](auto& self, auto&) {
    return of<gm_codec_extension>(self, GM_CODEC_EXTENSION).knows(self.inner, type);
  });
}
gm_status encode(gm_instance* instance, const gm_object* object, gm_tensor_sink* sink, gm_error* error) {
  return in_scope(instance, "codec.encode", kComputes, GM_ERROR_MISUSE, [&](auto& self, auto& scope) {
    if (!is_held(object)) {
      scope.report("was given an object that was released");
      return GM_ERROR_MISUSE;
    }
    auto* const lent = const_cast<gm_object*>(object);
    lent->retain(lent);
    gm_object* const handle = object_for_plugin(lent, scope.where(), "the object");
    const auto& codec = of<gm_codec_extension>(self, GM_CODEC_EXTENSION);
    const gm_status status = codec.encode(self.inner, handle, sink, error);
    if (!is_held(handle)) {
      scope.report("released the object, which it borrowed");
    } else {
      handle->release(handle);
    }
    return status;
  });
}
gm_status decode(gm_instance* instance, const char* type, const char* const* names, gm_tensor** tensors,
                 std::uint32_t n, gm_object** out, gm_error* error) {
  bool called = false;
  const gm_status status =
      in_scope(instance, "codec.decode", kComputes, GM_ERROR_MISUSE, [&](auto& self, auto& scope) {
        called = true;
        GivenTensors given(scope.where());
        for (std::uint32_t i = 0; i < n; ++i)
          tensors[i] = given.give(tensors[i], fmt::format("tensor '{}'", names[i]));
        const auto& codec = of<gm_codec_extension>(self, GM_CODEC_EXTENSION);
        const gm_status answer = codec.decode(self.inner, type, names, tensors, n, out, error);
        if (answer == GM_OK && *out != nullptr) *out = object_for_host(*out, scope.where(), "the object");
        return answer;
      });
  if (!called) release(tensors, n);
  return status;
}
const gm_codec_extension codec{sizeof(gm_codec_extension), knows, encode, decode};

// ---- gm.optimizer/1 ----

gm_status bind(gm_instance* instance, const gm_param_info* const* infos, gm_tensor** parameters,
               gm_tensor** gradients, std::uint32_t n, gm_error* error) {
  bool called = false;
  const gm_status status =
      in_scope(instance, "optimizer.bind", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto& scope) {
        bool fit = true;
        for (std::uint32_t i = 0; i < n; ++i)
          fit = check_gradient(scope, i, *parameters[i], *gradients[i]) && fit;
        if (!fit) return GM_ERROR_MISUSE;
        called = true;
        if (self.is_bound) scope.report("was called a second time");
        self.is_bound = true;
        self.bound = n;
        GivenTensors given(scope.where());
        for (std::uint32_t i = 0; i < n; ++i) {
          parameters[i] = given.give(parameters[i], fmt::format("parameter {}", i));
          gradients[i] = given.give(gradients[i], fmt::format("the gradient of parameter {}", i));
        }
        const auto& optimizer = of<gm_optimizer_extension>(self, GM_OPTIMIZER_EXTENSION);
        return optimizer.bind(self.inner, infos, parameters, gradients, n, error);
      });
  if (!called) release(parameters, n), release(gradients, n);
  return status;
}
gm_status step(gm_instance* instance, std::uint64_t number, const double* learning_rates, std::uint32_t n,
               gm_error* error) {
  return in_scope(instance, "optimizer.step", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto& scope) {
    if (!self.is_bound || n != self.bound) {
      scope.report(
          fmt::format("was called with {} learning rates when {} parameters are bound", n, self.bound));
      return GM_ERROR_MISUSE;
    }
    const auto& optimizer = of<gm_optimizer_extension>(self, GM_OPTIMIZER_EXTENSION);
    return optimizer.step(self.inner, number, learning_rates, n, error);
  });
}
const gm_optimizer_extension optimizer{sizeof(gm_optimizer_extension), bind, step};

// ---- gm.store/1, gm.events/1 ----

gm_status begin(gm_instance* instance, const char* path, const char* provenance, gm_error* error) {
  return in_scope(instance, "store.begin", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto&) {
    return of<gm_store_extension>(self, GM_STORE_EXTENSION).begin(self.inner, path, provenance, error);
  });
}
gm_status commit(gm_instance* instance, gm_error* error) {
  return in_scope(instance, "store.commit", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto&) {
    return of<gm_store_extension>(self, GM_STORE_EXTENSION).commit(self.inner, error);
  });
}
const gm_store_extension store{sizeof(gm_store_extension), begin, commit};

gm_status on_event(gm_instance* instance, const char* json, std::uint64_t size, gm_error* error) {
  return in_scope(instance, "events.on_event", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto&) {
    return of<gm_events_extension>(self, GM_EVENTS_EXTENSION).on_event(self.inner, json, size, error);
  });
}
const gm_events_extension events{sizeof(gm_events_extension), on_event};

// ---- gm.monitor/1 ----

gm_status decide(gm_instance* instance, const char* json, std::uint64_t size, gm_decision* out,
                 gm_error* error) {
  return in_scope(instance, "monitor.decide", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto& scope) {
    const auto& monitor = of<gm_monitor_extension>(self, GM_MONITOR_EXTENSION);
    const gm_status status = monitor.decide(self.inner, json, size, out, error);
    const std::string defect = status == GM_OK ? defect_of(*out) : "";
    if (!defect.empty()) scope.report(defect);
    return status;
  });
}
const gm_monitor_extension monitor{sizeof(gm_monitor_extension), decide};

// ---- gm.collective/1 ----

const gm_collective_extension& collective_of(const CheckedInstance& self) {
  return of<gm_collective_extension>(self, GM_COLLECTIVE_EXTENSION);
}
std::uint32_t rank(gm_instance* instance) {
  return in_scope(instance, "collective.rank", kStarted, 0u, [&](auto& self, auto& scope) {
    const std::uint32_t found = collective_of(self).rank(self.inner);
    const std::uint32_t all = collective_of(self).size(self.inner);
    if (found >= all) scope.report("gave rank " + std::to_string(found) + " of " + std::to_string(all));
    return found;
  });
}
std::uint32_t size(gm_instance* instance) {
  return in_scope(instance, "collective.size", kStarted, 1u,
                  [&](auto& self, auto&) { return collective_of(self).size(self.inner); });
}
gm_status all_reduce_sum(gm_instance* instance, float* numbers, std::uint64_t n,
                         const volatile std::int32_t* cancel, gm_error* error) {
  return in_scope(instance, "collective.all_reduce_sum", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto&) {
    return collective_of(self).all_reduce_sum(self.inner, numbers, n, cancel, error);
  });
}
gm_status all_gather(gm_instance* instance, const void* mine, std::uint64_t bytes, void* all,
                     const volatile std::int32_t* cancel, gm_error* error) {
  return in_scope(instance, "collective.all_gather", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto&) {
    return collective_of(self).all_gather(self.inner, mine, bytes, all, cancel, error);
  });
}
gm_status broadcast(gm_instance* instance, void* data, std::uint64_t bytes,
                    const volatile std::int32_t* cancel, gm_error* error) {
  return in_scope(instance, "collective.broadcast", kStarted, GM_ERROR_MISUSE, [&](auto& self, auto&) {
    return collective_of(self).broadcast(self.inner, data, bytes, cancel, error);
  });
}
void abort_all(gm_instance* instance, std::int32_t code) {
  in_scope(instance, "collective.abort", kStarted, 0, [&](auto& self, auto&) {
    collective_of(self).abort(self.inner, code);
    return 0;
  });
}
const gm_collective_extension collective{
    sizeof(gm_collective_extension), rank, size, all_reduce_sum, all_gather, broadcast, abort_all};

}  // namespace

const void* checked_extension(std::string_view id) {
  if (id == GM_SYMBOLS_EXTENSION) return &symbols;
  if (id == GM_IDENTITY_EXTENSION) return &identity;
  if (id == GM_DESCRIBE_EXTENSION) return &description;
  if (id == GM_PARAMS_EXTENSION) return &params;
  if (id == GM_STATE_EXTENSION) return &state_table;
  if (id == GM_CODEC_EXTENSION) return &codec;
  if (id == GM_OPTIMIZER_EXTENSION) return &optimizer;
  if (id == GM_STORE_EXTENSION) return &store;
  if (id == GM_EVENTS_EXTENSION) return &events;
  if (id == GM_MONITOR_EXTENSION) return &monitor;
  if (id == GM_COLLECTIVE_EXTENSION) return &collective;
  return nullptr;
}

}  // namespace gistmill
