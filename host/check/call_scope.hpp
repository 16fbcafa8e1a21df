// One call on one instance: before it, whether it is allowed; after it, what it left changed.
#pragma once

#include <string>
#include <utility>

#include "host/check/checked_instance.hpp"
#include "host/check/global_state.hpp"

namespace gistmill {

// The words of types.h.
enum class CallThread { main, compute, any };
enum class CallState { created, started, not_started };

struct CallRule {
  CallThread thread;
  CallState state;
};

class CallScope {
 public:
  CallScope(CheckedInstance& instance, std::string where, const CallRule& rule);
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
  ~CallScope();

  // False: the caller broke the contract, and the plugin must not be called.
  bool allowed() const { return allowed_; }
  const std::string& where() const { return where_; }
  void report(const std::string& what);

 private:
  void check_state(CallState state);
  void check_thread(CallThread thread);

  CheckedInstance& instance_;
  std::string where_;
  bool alone_;
  bool allowed_ = true;
  GlobalState before_;
};

// Runs body(instance) where the rule allows the call; else answers `refused`. name: "params.count".
template <class R, class Body>
R in_scope(gm_instance* handle, const std::string& name, const CallRule& rule, R refused, Body&& body) {
  CheckedInstance& instance = CheckedInstance::of(handle);
  CallScope scope(instance, instance.call_name(name), rule);
  if (!scope.allowed()) return refused;
  return std::forward<Body>(body)(instance, scope);
}

}  // namespace gistmill
