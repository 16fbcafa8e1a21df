// What the proxy knows about one instance and its tapes; the caller's gm_instance and gm_tape stand for
// these. They are kept after their end, so that a later use is reported and does not crash.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "host/check/checking_proxy.hpp"

namespace gistmill {

enum class InstanceState { created, started, failed, destroyed };

struct CheckedInstance {
  CheckedPlugin plugin;
  std::string name;
  gm_instance* inner = nullptr;
  const gm_component_info* info = nullptr;  // what the plugin says of itself
  std::thread::id main;                     // the thread of create
  std::atomic<InstanceState> state = InstanceState::created;
  std::atomic<int> running = 0;  // calls that may not be together
  std::atomic<int> tapes = 0;    // not released
  std::uint32_t bound = 0;       // parameters of an optimizer
  bool is_bound = false;

  gm_instance* handle() { return reinterpret_cast<gm_instance*>(this); }
  static CheckedInstance& of(gm_instance* handle) { return *reinterpret_cast<CheckedInstance*>(handle); }
  std::string call_name(const std::string& what) const { return name + "." + what; }
  const OperationSpec* operation(std::uint32_t index) const {
    return plugin.spec != nullptr && index < plugin.spec->operations.size() ? &plugin.spec->operations[index]
                                                                            : nullptr;
  }
};

struct InputShape {
  bool is_tensor = false;
  gm_dtype dtype{};
  std::vector<std::int64_t> shape;
};

struct CheckedTape {
  CheckedInstance* instance = nullptr;
  gm_tape* inner = nullptr;
  std::uint32_t operation = 0;
  std::vector<InputShape> inputs;
  std::atomic<bool> used = false;
  std::atomic<bool> released = false;

  gm_tape* handle() { return reinterpret_cast<gm_tape*>(this); }
  static CheckedTape& of(gm_tape* handle) { return *reinterpret_cast<CheckedTape*>(handle); }
};

// Keeps them until the process ends.
void keep(CheckedInstance* instance);
void keep(CheckedTape* tape);

// The wrapped table of an optional interface, or null.
const void* checked_extension(std::string_view id);

}  // namespace gistmill
