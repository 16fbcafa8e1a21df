// What tells two recipes, or two runs, apart. Only differences.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/figures/measured_items.hpp"
#include "host/figures/summary.hpp"
#include "host/recipe/recipe.hpp"

namespace gistmill {

struct KeyDifference {
  std::string key;   // "components.gist.width", "stage.refine.run.steps"
  std::string left;  // as TOML; empty: not set
  std::string right;
};

// The keys whose values differ, in the order of the left recipe, then those that only the right one has.
// Values are resolved: layers and variables that give the same value are no difference. `variables`, `lock`
// and `doc` are left out, since nothing depends on them.
std::vector<KeyDifference> differing_keys(const Recipe& left, const Recipe& right);

// A run as it is compared: its figures, and the items that it measured.
struct MeasuredRun {
  RunSummary summary;
  std::vector<MeasuredItems> items;  // empty: it kept none
};

struct FigureDifference {
  std::string evaluation;  // "heldout"
  std::string stage;       // empty: not part of a stage
  std::string variant;
  std::string figure;
  std::optional<Estimate> left;  // none: not measured there
  std::optional<Estimate> right;
  // Right less left over the items that both measured, with an error that knows they are the same; none where
  // they share none.
  std::optional<Estimate> paired;
  std::int64_t not_shared = 0;  // items that only one of the two measured
  std::string items = "items";  // what they are called
};

// Figures that both measured with another value, or only one measured; the last of each where a stage
// measured it several times.
std::vector<FigureDifference> differing_figures(const MeasuredRun& left, const MeasuredRun& right);

}  // namespace gistmill
