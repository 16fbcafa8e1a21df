// The core interface behind the proxy: life of an instance and of its tapes. Calls: checked_call.cpp. See
// checking_proxy.hpp.
#include "host/check/checking_proxy.hpp"

#include <fmt/format.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string_view>

#include "host/check/call_scope.hpp"
#include "host/check/call_trace.hpp"
#include "host/check/checked_call.hpp"
#include "host/check/violation.hpp"

namespace gistmill {

namespace {

// One that was released may go when many others were since.
constexpr std::size_t kRememberedTapes = 1 << 16;

void destroy(gm_instance* handle) {
  in_scope(handle, "destroy", {CallThread::main, CallState::created}, 0,
           [](CheckedInstance& self, auto& scope) {
             if (self.tapes > 0)
               scope.report(fmt::format("was called with {} tapes not released", self.tapes.load()));
             self.plugin.interface->destroy(self.inner);
             self.state = InstanceState::destroyed;
             return 0;
           });
}

gm_status start(gm_instance* handle, const gm_start* with, gm_error* error) {
  return in_scope(handle, "start", {CallThread::main, CallState::not_started}, GM_ERROR_MISUSE,
                  [&](CheckedInstance& self, auto& scope) {
                    TracedCall traced(scope.where(), "");
                    const gm_status status = self.plugin.interface->start(self.inner, with, error);
                    traced.end(status, "");
                    self.state = status == GM_OK ? InstanceState::started : InstanceState::failed;
                    return status;
                  });
}

void tape_release(gm_instance* handle, gm_tape* tape_handle) {
  CheckedTape& tape = CheckedTape::of(tape_handle);
  in_scope(handle, "tape_release", {CallThread::any, CallState::started}, 0,
           [&](CheckedInstance& self, auto& scope) {
             if (tape.instance != &self) scope.report("was given the tape of another instance");
             if (tape.released.exchange(true)) {
               scope.report("was called twice for one tape");
               return 0;
             }
             --tape.instance->tapes;
             self.plugin.interface->tape_release(tape.instance->inner, tape.inner);
             return 0;
           });
}

const void* extension(gm_instance* handle, const char* id) {
  return in_scope(handle, "extension", {CallThread::any, CallState::created},
                  static_cast<const void*>(nullptr), [&](CheckedInstance& self, auto&) -> const void* {
                    const auto ask = self.plugin.interface->extension;
                    if (ask == nullptr || ask(self.inner, id) == nullptr) return nullptr;
                    return checked_extension(id);
                  });
}

const gm_component_info* described(const gm_component_interface& plugin, std::string_view component) {
  for (std::uint32_t i = 0; i < plugin.count(); ++i) {
    const gm_component_info* info = plugin.describe(i);
    if (info != nullptr && component == info->name) return info;
  }
  return nullptr;
}

}  // namespace

// Neither list is destroyed: what they hold may be used when everything else is gone.
void keep(CheckedInstance* instance) {
  static std::mutex mutex;
  static auto* const all = new std::deque<std::unique_ptr<CheckedInstance>>;
  const std::lock_guard lock(mutex);
  all->emplace_back(instance);
}

void keep(CheckedTape* tape) {
  static std::mutex mutex;
  static auto* const all = new std::deque<std::unique_ptr<CheckedTape>>;
  const std::lock_guard lock(mutex);
  all->emplace_back(tape);
  while (all->size() > kRememberedTapes && all->front()->released) all->pop_front();
}

gm_status create_checked(const CheckedPlugin& plugin, const std::string& name, const gm_host* host,
                         const char* component, const gm_options* options, gm_instance** out,
                         gm_error* error) {
  *out = nullptr;
  const GlobalState before = read_global_state();
  gm_instance* inner = nullptr;
  const gm_status status = plugin.interface->create(host, component, options, &inner, error);
  for (const std::string& difference : differences(before, read_global_state()))
    report_violation(name + ".create", "changed " + difference);
  if (status != GM_OK) {
    if (inner != nullptr) report_violation(name + ".create", "gave an instance although it failed");
    return status;
  }
  if (inner == nullptr) {
    report_violation(name + ".create", "gave no instance");
    return GM_ERROR_INTERNAL;
  }
  auto* const made = new CheckedInstance;
  keep(made);
  made->plugin = plugin;
  made->name = name;
  made->inner = inner;
  made->info = described(*plugin.interface, component);
  made->main = std::this_thread::get_id();
  *out = made->handle();
  return GM_OK;
}

const gm_component_interface& checking_interface() {
  static const gm_component_interface table = {sizeof(gm_component_interface),
                                               nullptr,
                                               nullptr,
                                               nullptr,
                                               destroy,
                                               start,
                                               checked_forward,
                                               checked_vjp,
                                               tape_release,
                                               extension};
  return table;
}

}  // namespace gistmill
