// What a sweep found: the figure of every point, and for each axis how much its values matter. Points that
// differ in one axis alone are compared in pairs, so that what the other axes do cancels out. Two things make
// a difference uncertain, and each has an error of its own here: how a network was seeded, and which items it
// was measured on. Not for showing it: that is table_text.hpp, and host/sweep/page.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/figures/headline.hpp"
#include "host/sweep/study.hpp"

namespace gistmill {

struct MeasuredPoint {
  std::string id;
  Settings settings;
  double value = 0;    // of the headline figure
  double seconds = 0;  // of its last run
  std::uint64_t peak_memory_bytes = 0;
  // What its run kept, and which of it the value is of; null: it kept no items.
  std::shared_ptr<const std::vector<MeasuredItems>> kept = nullptr;
  Headline headline = {};
};

// A mean with its 95 % interval by Student's t.
struct Interval {
  double mean = 0;
  double half_width = 0;   // NaN of fewer than two
  std::int64_t count = 0;  // of what the mean is over
};

// How two settings compare: the figure of the second less that of the first.
struct Contrast {
  // Over seeds, of each the mean over its pairs; without repeats over the pairs, where the interval says how
  // much the other axes change the difference. The mean is NaN without pairs.
  Interval difference;
  bool over_seeds = false;
  std::int64_t pairs = 0;
  // The same difference on the items that the points of every pair share, with the standard error of having
  // measured these items: it is the same error for all seeds, so no number of them makes it smaller. None
  // where they share no items, or the figure is neither a mean nor a sum and there are several pairs.
  std::optional<Estimate> on_items;
};

struct AxisValue {
  std::string value;                    // as TOML
  Interval measured;                    // over seeds, of each the mean over the other axes; else over points
  std::vector<std::size_t> points;      // that have it, of SweepTable::points
  Contrast against_first;               // of the axis's values
  double seconds = 0;                   // mean over its points
  std::uint64_t peak_memory_bytes = 0;  // the greatest
};

struct AxisEffect {
  std::vector<std::string> keys;  // of one axis, or of tied ones
  bool repeats = false;           // a seed: its values are repeats, not a choice
  std::vector<AxisValue> values;
};

// The settings with the best mean over their repeats.
struct BestSettings {
  std::size_t point = 0;  // the best of them, of SweepTable::points
  Interval measured;      // over their repeats
  Settings next;          // the second best settings, without repeats; empty: there are no others
  Contrast ahead;         // the best against these
};

struct SweepTable {
  Figure figure;
  std::string evaluation;
  std::string variant;
  std::string items;                  // what they are called
  std::vector<MeasuredPoint> points;  // in the study's order
  std::vector<AxisEffect> axes;       // that have more than one value
  std::int64_t seeds = 0;             // different repeats; 0: no axis repeats
  BestSettings best;

  const MeasuredPoint& best_point() const { return points[best.point]; }
  bool single_seed() const { return best.measured.count < 2; }
  // The settings of a point that differ between points, without repeats.
  Settings telling(const MeasuredPoint& point) const;
};

// `points` are measured ones, at least one; `headline` describes their figure.
SweepTable sweep_table(const Headline& headline, std::vector<MeasuredPoint> points);

}  // namespace gistmill
