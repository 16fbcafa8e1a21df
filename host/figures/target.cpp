#include "host/figures/target.hpp"

#include <cmath>

#include <fmt/format.h>

namespace gistmill {
namespace {

// "0.5", "full context + 0.1", "full context - 0.1", "full context"
std::string bound_text(const Target& target, double bound) {
  if (target.than.empty()) return fmt::format("{}", bound);
  if (bound == 0) return target.than;
  return fmt::format("{} {} {}", target.than, bound < 0 ? '-' : '+', std::abs(bound));
}

}  // namespace

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
  if (target.below && target.above)
    return fmt::format("{} to {}", bound_text(target, *target.above), bound_text(target, *target.below));
  if (target.below) return "below " + bound_text(target, *target.below);
  return target.above ? "above " + bound_text(target, *target.above) : "";
}

std::string bad_text(const Target& target) {
  if (!target.bad) return "";
  return fmt::format("{} {}", target.below ? "above" : "below", bound_text(target, *target.bad));
}

}  // namespace gistmill
