// The curve of a run's loss as a picture that stands alone: what `--save-plot` writes. The page has its own.
#pragma once

#include <string>

#include "host/record/run_record.hpp"

namespace gistmill {

// An SVG file with its colors, which no style sheet is needed for. Stages follow each other. "" where no step
// has a finite loss.
std::string loss_plot(const RunRecord& record);

}  // namespace gistmill
