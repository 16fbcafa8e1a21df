// One row for each value of a choice: its measurements as dots, their mean and its interval. An inline SVG.
#pragma once

#include <string>
#include <vector>

namespace gistmill {

struct ValueChart {
  struct Dot {
    double value = 0;
    int color = 0;     // as Curve::color
    std::string name;  // shown where the pointer rests
  };
  struct Row {
    std::string name;
    std::vector<Dot> dots;
    double mean = 0;
    double half_width = 0;  // of the interval; NaN: none
    std::string text;       // at the right: the mean in words
  };
  std::string title;
  std::string note;  // small, beside the title
  std::vector<Row> rows;
  int width = 900;  // of the viewBox
};

// "" where no dot is finite.
std::string to_svg(const ValueChart& chart);

}  // namespace gistmill
