// What a sweep found: the figure of every point, and for each axis how much its values matter. Points that
// differ in one axis alone are compared in pairs, so that what the other axes do cancels out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/figures/figure.hpp"
#include "host/figures/summary.hpp"
#include "host/sweep/ledger.hpp"

namespace gistmill {

struct MeasuredPoint {
  std::string id;
  Settings settings;
  double value = 0;    // of the headline figure
  double seconds = 0;  // of its last run
  std::uint64_t peak_memory_bytes = 0;
};

struct AxisValue {
  std::string value;  // as TOML
  double mean = 0;    // over all points that have it
  std::int64_t points = 0;
  // Against the axis's first value, over pairs that agree in all other settings.
  double effect = 0;      // mean difference; NaN without pairs
  double half_width = 0;  // of its 95 % interval by Student's t over the pairs; NaN with fewer than two
  std::int64_t pairs = 0;
};

struct AxisEffect {
  std::vector<std::string> keys;  // of one axis, or of tied ones
  bool repeats = false;           // a seed: its values are repeats, not a choice
  std::vector<AxisValue> values;
};

struct SweepTable {
  Figure figure;
  std::string evaluation;
  std::string variant;
  std::vector<MeasuredPoint> points;  // in the study's order
  std::vector<AxisEffect> axes;
  std::size_t best = 0;      // of `points`
  bool single_seed = false;  // no other point differs from the best in its seed alone
};

// The figure `headline` (empty: the evaluation's own) of row `variant` (empty: the first that was trained) of
// the last evaluation that has it, from one summary. Throws Failure, naming what there is.
struct Headline {
  std::string evaluation;
  std::string variant;
  Figure figure;
  double value = 0;
};
Headline headline_of(const RunSummary& summary, const std::string& headline, const std::string& variant);

// `points` are measured ones, at least one; `headline` describes their figure.
SweepTable sweep_table(const Headline& headline, std::vector<MeasuredPoint> points);

// For the terminal.
std::string to_text(const SweepTable& table);

}  // namespace gistmill
