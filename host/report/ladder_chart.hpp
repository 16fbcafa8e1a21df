// The ladder of variants as horizontal bars with error bars, an inline SVG.
#pragma once

#include <string>
#include <vector>

#include "host/figures/evaluation.hpp"

namespace gistmill {

// Variants from the worst to the best by the headline figure; the same order serves every figure.
std::vector<std::string> ladder_order(const EvaluationTable& table);

// An <svg> element, or "" where no entry of `figure` is finite. `color_of`: trained variants in the order
// in which the page colors them. A dashed line marks the paired variant. Error bars are one standard error.
std::string ladder_svg(const EvaluationTable& table, const std::string& figure,
                       const std::vector<std::string>& trained, int width);

}  // namespace gistmill
