// What a recipe wants of a figure, and whether a value is there: data of the recipe, never known to a plugin.
#pragma once

#include <optional>
#include <string>

namespace gistmill {

struct Target {
  std::string figure;           // "delta_nll.32"
  std::optional<double> below;  // met by values below it
  std::optional<double> above;  // met by values above it; with `below`, by those in between
  std::optional<double> bad;  // beyond it, away from the target, a value is bad; needs just one of the others
  // The variant whose value is taken off before the bounds are looked at; empty: none.
  std::string than{};
  bool operator==(const Target&) const = default;
};

enum class Verdict { met, missed, bad };

const char* to_text(Verdict verdict);  // as summary.json writes it

// None where `value` is not finite: what was not measured is neither met nor missed.
std::optional<Verdict> verdict_of(const Target& target, double value);

// "below 0.5", "above 0.9", "2 to 4"; with `than`, "below full context + 0.1"
std::string target_text(const Target& target);
std::string bad_text(const Target& target);  // "above 2", "below 0.3"; "" without `bad`

}  // namespace gistmill
