// What a monitor decides on an event. A component whose `Decision on_event(std::string_view json)` gives one
// is a monitor (gm.monitor/1); a logger's on_event gives nothing (gm.events/1).
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "gistmill/extensions.h"

namespace gistmill {

// Made without arguments, nothing changes. reason: for people; lowercase, no final period.
struct Decision {
  std::uint32_t action = GM_DECISION_CONTINUE;
  double factor = 1.0;
  std::string reason;

  static Decision advance(std::string reason) { return {GM_DECISION_ADVANCE, 1.0, std::move(reason)}; }
  static Decision stop(std::string reason) { return {GM_DECISION_STOP, 1.0, std::move(reason)}; }
  static Decision scale(double factor, std::string reason) {
    return {GM_DECISION_SCALE, factor, std::move(reason)};
  }
  static Decision skip(std::string reason) { return {GM_DECISION_SKIP, 1.0, std::move(reason)}; }
  // factor: of the learning rates from then on.
  static Decision rewind(double factor, std::string reason) {
    return {GM_DECISION_REWIND, factor, std::move(reason)};
  }
  static Decision mark_best(std::string reason) { return {GM_DECISION_MARK_BEST, 1.0, std::move(reason)}; }
  static Decision fail(std::string reason) { return {GM_DECISION_FAIL, 1.0, std::move(reason)}; }
};

}  // namespace gistmill
