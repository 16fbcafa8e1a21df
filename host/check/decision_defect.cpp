// See decision_defect.hpp.
#include "host/check/decision_defect.hpp"

#include <fmt/format.h>

#include <cmath>

namespace gistmill {

std::string defect_of(const gm_decision& decision) {
  if (decision.action > GM_DECISION_FAIL) return fmt::format("gave the unknown action {}", decision.action);
  const bool takes_factor = decision.action == GM_DECISION_SCALE || decision.action == GM_DECISION_REWIND;
  if (takes_factor && !(std::isfinite(decision.factor) && decision.factor > 0))
    return fmt::format("gave the factor {} when it should be above 0 and finite", decision.factor);
  if (decision.action != GM_DECISION_CONTINUE && decision.reason == nullptr) return "gave no reason";
  return "";
}

}  // namespace gistmill
