// See call_scope.hpp.
#include "host/check/call_scope.hpp"

#include "host/check/violation.hpp"

namespace gistmill {

CallScope::CallScope(CheckedInstance& instance, std::string where, const CallRule& rule)
    : instance_(instance), where_(std::move(where)), alone_(rule.thread != CallThread::any) {
  check_state(rule.state);
  check_thread(rule.thread);
  if (alone_ && allowed_) before_ = read_global_state();
}

CallScope::~CallScope() {
  if (!alone_) return;
  if (allowed_) {
    for (const std::string& difference : differences(before_, read_global_state()))
      report("changed " + difference);
  }
  --instance_.running;
}

void CallScope::report(const std::string& what) { report_violation(where_, what); }

void CallScope::check_state(CallState state) {
  const InstanceState found = instance_.state;
  const auto refuse = [&](const char* what) {
    report(what);
    allowed_ = false;
  };
  if (found == InstanceState::destroyed) return refuse("was called after destroy");
  if (found == InstanceState::failed && state != CallState::created)
    return refuse("was called after start failed");
  if (state == CallState::started && found == InstanceState::created)
    return refuse("was called before start");
  if (state == CallState::not_started && found == InstanceState::started)
    return refuse("was called a second time");
}

void CallScope::check_thread(CallThread thread) {
  if (thread == CallThread::main && std::this_thread::get_id() != instance_.main)
    report("was not called from the main thread");
  if (alone_ && instance_.running++ > 0) report("was called while another call of the instance was running");
}

}  // namespace gistmill
