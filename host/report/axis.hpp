// Scales for charts: round ticks, their labels, and the preparation of curves. Knows nothing of SVG.
#pragma once

#include <string>
#include <vector>

namespace gistmill {

struct Point {
  double x = 0.0;
  double y = 0.0;
  double error = 0.0;  // half the length of the error bar; 0 or NaN: none
};

// A linear scale from `low` to `high`, low < high, with ticks at multiples of 1, 2, 2.5 or 5 times a power
// of 10.
struct Axis {
  double low = 0.0;
  double high = 1.0;
  std::vector<double> ticks;
  int decimals = 0;  // of the tick labels
  int exponent = 0;  // labels are value / 10^exponent followed by "e<exponent>"; 0: plain

  double position(double value) const { return (value - low) / (high - low); }  // 0 at low, 1 at high
  std::string label(double tick) const;
};

// Covers [low, high] with about `ticks` ticks. With `whole_ticks` the scale begins and ends at a tick.
// Equal or not finite bounds give a scale around what there is.
Axis make_axis(double low, double high, int ticks, bool whole_ticks);

// Mean over `half` neighbors on each side, with the same x as the input. At the beginning, where curves are
// steep, the window shrinks on both sides, at the end only on the right. Values that are not finite are left
// out; a window with none gives NaN.
std::vector<Point> smoothed(const std::vector<Point>& points, std::size_t half);

// At most 2 * buckets points that draw the same outline: of each bucket its lowest and its highest point, in
// order. The input where it is short enough.
std::vector<Point> thinned(const std::vector<Point>& points, std::size_t buckets);

// The value below which `share` of the finite y lie; NaN where there is none.
double quantile(const std::vector<Point>& points, double share);

}  // namespace gistmill
