#include "host/figures/target.hpp"

#include <cmath>

#include <fmt/format.h>

namespace gistmill {

const char* to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::met:
      return "met";
    case Verdict::missed:
      return "missed";
    case Verdict::bad:
      return "bad";
  }
  return "";
}

std::optional<Verdict> verdict_of(const Target& target, double value) {
  if (!std::isfinite(value)) return std::nullopt;
  const bool too_high = target.below && !(value < *target.below);
  const bool too_low = target.above && !(value > *target.above);
  if (!too_high && !too_low) return Verdict::met;
  const bool bad = target.bad && (too_high ? value > *target.bad : value < *target.bad);
  return bad ? Verdict::bad : Verdict::missed;
}

std::string target_text(const Target& target) {
  if (target.below && target.above) return fmt::format("{} to {}", *target.above, *target.below);
  if (target.below) return fmt::format("below {}", *target.below);
  return target.above ? fmt::format("above {}", *target.above) : "";
}

std::string bad_text(const Target& target) {
  if (!target.bad) return "";
  return fmt::format("{} {}", target.below ? "above" : "below", *target.bad);
}

}  // namespace gistmill
