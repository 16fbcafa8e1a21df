// Curves over steps as an inline SVG. Colors come from the page's style sheet by class.
#pragma once

#include <string>
#include <vector>

#include "host/report/axis.hpp"

namespace gistmill {

struct Curve {
  enum class Kind { raw, smooth, measured };  // light line; strong line; line with dots and error bars
  Kind kind = Kind::smooth;
  int color = 0;      // 0..5: the page's --c0..--c5
  std::string label;  // in the legend; empty: not in it
  std::vector<Point> points;
};

struct LineChart {
  std::string title;
  std::string x_title;
  std::string note;  // small, beside the title; may be empty
  std::vector<Curve> curves;
  int width = 900;  // of the viewBox; text keeps its size relative to it
  int height = 300;
  bool from_zero = false;    // the vertical scale includes 0
  double x_end = 0.0;        // the horizontal scale is 0 to this, or further where a curve goes further
  bool counts_steps = true;  // x is a whole number
  double may_leave = 0.0;    // share of the points that may lie above the frame: a steep beginning
};

// An <svg> element, or "" where no curve has a finite point. A raw curve's lowest and highest hundredth may
// leave the frame, so that a spike does not flatten everything else.
std::string to_svg(const LineChart& chart);

}  // namespace gistmill
