// Training steps that are left out because the process of an isolated component ended in them
// (components.NAME.isolate.skip_steps).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "host/diagnostic/failure.hpp"
#include "host/run/ranks.hpp"
#include "host/run/step/events.hpp"
#include "host/run/step/session.hpp"

namespace gistmill {

class LostSteps {
 public:
  LostSteps(Session& session, const Ranks& ranks, Events& events)
      : session_(session), ranks_(ranks), events_(events) {}

  // Whether the run goes on without `step`, which `failure` ended: every component whose process has ended
  // may lose one more step in this process of the run. Their processes are started again then, and a message
  // event says so. False where there is none such, where the run is being canceled, and with several ranks,
  // of which the others have computed the step. Throws Failure where a component cannot be made again.
  bool leave_out(std::int64_t step, const Failure& failure);

 private:
  Session& session_;
  const Ranks& ranks_;
  Events& events_;
  std::map<std::string, std::int64_t> lost_;  // instance -> steps
};

}  // namespace gistmill
