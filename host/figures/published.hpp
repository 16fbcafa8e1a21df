// What others published of a figure, to stand beside what was measured: data of the recipe, never known to a
// plugin.
#pragma once

#include <optional>
#include <string>

namespace gistmill {

struct Published {
  std::string figure;            // "rougeL.f1"
  double value = 0.0;            // in the figure's unit
  std::optional<double> within;  // a measured value as near as this agrees; none: nothing is said of that
  bool operator==(const Published&) const = default;
};

// None where nothing says what agrees, or `measured` is not finite.
std::optional<bool> agrees(const Published& published, double measured);

}  // namespace gistmill
