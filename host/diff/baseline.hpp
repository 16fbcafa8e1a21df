// A run held against an earlier one: the gate of run --against.
#pragma once

#include <optional>
#include <string>

#include "host/diff/diff.hpp"
#include "host/figures/headline.hpp"

namespace gistmill {

struct BaselineVerdict {
  Headline before;  // of the baseline
  Headline after;   // of the run
  // The change over the items that both measured; none where they share none.
  std::optional<Estimate> paired;
  double tolerance = 0;
  double worse_by = 0;     // below 0: better; NaN: one of the two is no number
  bool regressed = false;  // worse by more than the tolerance
};

// Compares the figure `figure` (empty: the run's headline) of the row that headline_of chooses. The
// baseline's row is that of the same name where it has one. Which way is better, the figure's manifest says.
// On shared items where there are any. Throws Failure (ExitCode::recipe) where either lacks the figure.
BaselineVerdict against_baseline(const MeasuredRun& baseline, const MeasuredRun& run,
                                 const std::string& figure, double tolerance);

// "delta_nll.32 of gist is 0.312, against 0.298 in runs/base: worse by 0.014 ± 0.002 on the same 256 spans,
// more than the tolerance of 0.001"
std::string verdict_text(const BaselineVerdict& verdict, const std::string& baseline);

}  // namespace gistmill
