// The optional interfaces of an isolated instance: each function asks the other side.
#include <cstring>
#include <utility>

#include "host/isolate/isolated_instance.hpp"

namespace gistmill {
namespace {

using Json = nlohmann::json;

IsolatedInstance& of(gm_instance* handle) { return IsolatedInstance::of(handle); }

// ---- what an instance says of itself ----

std::int64_t get_symbol(gm_instance* handle, const char* name) {
  try {
    Message answer;
    ask(of(handle), {{{"do", "symbol"}, {"name", name}}, nullptr}, "symbol", &answer);
    return answer.body.value("value", std::int64_t{-1});
  } catch (const Error&) {  // the next call says it
    return -1;
  }
}

const char* told(gm_instance* handle, const char* what, std::string IsolatedInstance::*kept,
                 gm_error* error) {
  const char* text = nullptr;
  detail::guarded(error, [&] {
    Message answer;
    ask(of(handle), {{{"do", what}}, nullptr}, what, &answer);
    of(handle).*kept = answer.body.at("text").get<std::string>();
    text = (of(handle).*kept).c_str();
  });
  return text;
}
const char* digest(gm_instance* handle, gm_error* error) {
  return told(handle, "digest", &IsolatedInstance::digest, error);
}
const char* describe(gm_instance* handle, gm_error* error) {
  return told(handle, "describe", &IsolatedInstance::description, error);
}

// ---- parameters ----

std::uint32_t count(gm_instance* handle) { return static_cast<std::uint32_t>(of(handle).parameters.size()); }

const gm_param_info* describe_parameter(gm_instance* handle, std::uint32_t index) {
  return index < of(handle).parameters.size() ? &of(handle).parameters[index].info : nullptr;
}

gm_status parameter_tensor(gm_instance* handle, std::uint32_t index, gm_tensor** out, gm_error* error) {
  return detail::guarded(error, [&] {
    *out = tensor_in(of(handle).parameter_memory, of(handle).parameters.at(index).value, 0);
  });
}

gm_status bind_gradient(gm_instance* handle, std::uint32_t index, gm_tensor* gradient, gm_error* error) {
  return detail::guarded(error, [&] {
    IsolatedParameter& parameter = of(handle).parameters.at(index);
    release_tensor(std::exchange(parameter.bound, gradient));
    Message answer;
    ask(of(handle), {{{"do", "bind_gradient"}, {"index", index}}, nullptr}, "bind_gradient", &answer);
  });
}

// ---- state, stores, events, decisions ----

gm_status save(gm_instance* handle, gm_sink* sink, gm_error* error) {
  return detail::guarded(error, [&] {
    Message answer;
    ask(of(handle), {{{"do", "save"}}, nullptr}, "saving its state", &answer);
    const auto size = answer.body.at("size").get<std::uint64_t>();
    if (size > 0 && (answer.memory == nullptr || answer.memory->size() < size))
      throw Error(GM_ERROR_INTERNAL, "its process gave less of its state than it said");
    const gm_status status = sink->write(sink, size > 0 ? answer.memory->data() : nullptr, size);
    if (status != GM_OK) throw Error(status, "its state cannot be written");
  });
}

gm_status load(gm_instance* handle, const void* data, std::uint64_t size, gm_error* error) {
  return detail::guarded(error, [&] {
    auto memory = std::make_shared<SharedMemory>(size + 1);
    if (size > 0) std::memcpy(memory->data(), data, size);
    Message answer;
    ask(of(handle), {{{"do", "load"}, {"size", size}}, memory}, "loading its state", &answer);
  });
}

gm_status begin(gm_instance* handle, const char* path, const char* provenance, gm_error* error) {
  return detail::guarded(error, [&] {
    Message answer;
    ask(of(handle), {{{"do", "begin"}, {"path", path}, {"provenance", provenance}}, nullptr}, "begin",
        &answer);
  });
}

gm_status commit(gm_instance* handle, gm_error* error) {
  return detail::guarded(error, [&] {
    Message answer;
    ask(of(handle), {{{"do", "commit"}}, nullptr}, "commit", &answer);
  });
}

gm_status on_event(gm_instance* handle, const char* json, std::uint64_t size, gm_error* error) {
  return detail::guarded(error, [&] {
    Message answer;
    ask(of(handle), {{{"do", "on_event"}, {"event", std::string(json, size)}}, nullptr}, "on_event", &answer);
  });
}

gm_status decide(gm_instance* handle, const char* json, std::uint64_t size, gm_decision* out,
                 gm_error* error) {
  return detail::guarded(error, [&] {
    IsolatedInstance& self = of(handle);
    Message answer;
    ask(self, {{{"do", "decide"}, {"event", std::string(json, size)}}, nullptr}, "decide", &answer);
    out->action = answer.body.at("action").get<std::uint32_t>();
    out->factor = answer.body.at("factor").get<double>();
    self.reason = answer.body.value("reason", std::string());
    out->reason = answer.body.contains("reason") ? self.reason.c_str() : nullptr;
  });
}

const gm_symbols_extension symbols_table{sizeof(gm_symbols_extension), get_symbol};
const gm_identity_extension identity_table{sizeof(gm_identity_extension), digest};
const gm_describe_extension description_table{sizeof(gm_describe_extension), describe};
const gm_params_extension params_table{sizeof(gm_params_extension), count, describe_parameter,
                                       parameter_tensor, bind_gradient};
const gm_state_extension state_table{sizeof(gm_state_extension), save, load};
const gm_store_extension store_table{sizeof(gm_store_extension), begin, commit};
const gm_events_extension events_table{sizeof(gm_events_extension), on_event};
const gm_monitor_extension monitor_table{sizeof(gm_monitor_extension), decide};

}  // namespace

IsolatedInstance::~IsolatedInstance() {
  for (const IsolatedParameter& parameter : parameters) release_tensor(parameter.bound);
}

void collect_gradients(IsolatedInstance& self) {
  for (const IsolatedParameter& parameter : self.parameters) {
    if (parameter.bound == nullptr) continue;
    const std::uint64_t bytes = bytes_of(*self.parameter_memory, parameter.gradient);
    unsigned char* const place =
        self.parameter_memory->data() + parameter.gradient.at("offset").get<std::uint64_t>();
    const auto add = [&](auto* from) {
      auto* const to = reinterpret_cast<decltype(from)>(static_cast<char*>(parameter.bound->data) +
                                                        parameter.bound->byte_offset);
      for (std::uint64_t i = 0; i < bytes / sizeof *from; ++i) to[i] += from[i];
    };
    if (parameter.bound->dtype.bits == 64) {
      add(reinterpret_cast<double*>(place));
    } else {
      add(reinterpret_cast<float*>(place));
    }
    std::memset(place, 0, bytes);
  }
}

const void* isolated_extension(std::string_view id) {
  const std::pair<std::string_view, const void*> tables[] = {
      {GM_SYMBOLS_EXTENSION, &symbols_table},      {GM_IDENTITY_EXTENSION, &identity_table},
      {GM_DESCRIBE_EXTENSION, &description_table}, {GM_PARAMS_EXTENSION, &params_table},
      {GM_STATE_EXTENSION, &state_table},          {GM_STORE_EXTENSION, &store_table},
      {GM_EVENTS_EXTENSION, &events_table},        {GM_MONITOR_EXTENSION, &monitor_table}};
  for (const auto& [name, table] : tables) {
    if (name == id) return table;
  }
  return nullptr;
}

}  // namespace gistmill
