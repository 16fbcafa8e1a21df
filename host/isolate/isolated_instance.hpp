// What the host's side knows of one isolated instance; the caller's gm_instance and gm_tape stand for these.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gistmill/extensions.h"
#include "host/isolate/isolated_process.hpp"
#include "host/isolate/isolating_proxy.hpp"

namespace gistmill {

// A parameter: its values and the plugin's gradient lie in memory that both sides see.
struct IsolatedParameter {
  std::string name;
  gm_param_info info{};
  nlohmann::json value;  // descriptions
  nlohmann::json gradient;
  gm_tensor* bound = nullptr;  // the host's buffer
};

struct IsolatedInstance {
  IsolatedInstance(const IsolatedPlugin& of, const std::string& instance_name, const gm_host& of_host)
      : plugin(of), name(instance_name), host(of_host) {}
  ~IsolatedInstance();

  IsolatedPlugin plugin;
  std::string name;
  const gm_host& host;
  std::unique_ptr<IsolatedProcess> process;
  std::uint64_t processes = 0;  // that were started, this one included
  nlohmann::json creation;      // what a process is told first, and for its start
  nlohmann::json beginning;
  std::set<std::string, std::less<>> extensions;  // that the plugin has
  SharedMemoryPointer parameter_memory;
  std::vector<IsolatedParameter> parameters;
  std::string digest;  // what was told last, since answers live as long as the instance
  std::string description;
  std::string reason;  // of a monitor's decision

  gm_instance* handle() { return reinterpret_cast<gm_instance*>(this); }
  static IsolatedInstance& of(gm_instance* handle) { return *reinterpret_cast<IsolatedInstance*>(handle); }
};

struct IsolatedTape {
  std::uint64_t number = 0;
  std::uint64_t process = 0;  // of which IsolatedInstance::processes it is: another one has other tapes

  gm_tape* handle() { return reinterpret_cast<gm_tape*>(this); }
  static IsolatedTape& of(gm_tape* handle) { return *reinterpret_cast<IsolatedTape*>(handle); }
};

// Asks the other side. What it answers with a status other than GM_OK and GM_END becomes an Error with its
// message and key; false: GM_END.
bool ask(IsolatedInstance& self, const Message& question, const std::string& doing, Message* answer,
         const volatile std::int32_t* cancel = nullptr);

// What the other side is told of a call.
nlohmann::json described(const gm_call& call, std::uint32_t inputs);

// The table of an optional interface that can be isolated, or null.
const void* isolated_extension(std::string_view id);

// Adds what the plugin's vjp added to its gradients to those that the host bound.
void collect_gradients(IsolatedInstance& self);

}  // namespace gistmill
