// See lost_steps.hpp.
#include "host/run/lost_steps.hpp"

#include <fmt/format.h>

#include <vector>

#include "host/instance/call_watch.hpp"

namespace gistmill {

bool LostSteps::leave_out(std::int64_t step, const Failure& failure) {
  if (failure.code() == ExitCode::interrupted || *cancel_flag() != 0 || !ranks_.alone()) return false;
  std::vector<TensorInstance*> ended;
  for (TensorInstance* instance : session_.instances()) {
    if (instance == nullptr || !instance->process_ended()) continue;  // null: no pipeline uses it
    if (lost_[instance->name()] >= instance->planned().isolation->skip_steps) return false;
    ended.push_back(instance);
  }
  for (TensorInstance* instance : ended) {
    instance->restart_process();
    const std::int64_t lost = ++lost_[instance->name()];
    events_.message("warning",
                    fmt::format("step {} is left out ({} of at most {}): {}", step, lost,
                                instance->planned().isolation->skip_steps, failure.message()),
                    instance->name());
  }
  return !ended.empty();
}

}  // namespace gistmill
