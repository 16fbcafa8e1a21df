// Figures over two quantities, such as needles by length and depth, as a heat map: one grid a variant, an
// inline SVG. A figure is such a one where the labels of its columns are "A@B".
#pragma once

#include <string>
#include <vector>

#include "host/figures/evaluation.hpp"

namespace gistmill {

// The ports of a table that are grids: all of their columns are labeled "A@B", and there are several.
std::vector<std::string> grid_ports(const EvaluationTable& table);

// An <svg> element: columns are the As, rows the Bs, both ascending where they are numbers. The stronger a
// cell's color, the better; the scale is one for all variants, and reaches to the figure's ideal where it has
// one. A cell without a value is empty. "" where the variant has none at all.
std::string grid_svg(const EvaluationTable& table, const std::string& port, const std::string& variant,
                     int width);

}  // namespace gistmill
