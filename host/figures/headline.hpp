// The one figure that a run is about: what a sweep compares, and what a gate holds against another run.
#pragma once

#include <string>

#include "host/figures/measured_items.hpp"
#include "host/figures/summary.hpp"

namespace gistmill {

struct Headline {
  std::string evaluation;
  std::string variant;
  Figure figure;
  double value = 0;
  std::string stage = "";       // of the evaluation
  std::string items = "items";  // what its items are called
};

// The figure `figure` (empty: the evaluation's own) of row `variant` (empty: the first that was trained) of
// the last evaluation that has it. Throws Failure (ExitCode::recipe), naming what there is.
Headline headline_of(const RunSummary& summary, const std::string& figure, const std::string& variant);

// Its items among those that the run kept.
ItemsOf items_of(const Headline& headline, const std::vector<MeasuredItems>& kept);

}  // namespace gistmill
