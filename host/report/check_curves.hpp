// The evaluations that a stage made on its way, as curves over steps.
#pragma once

#include <string>

#include "host/record/run_record.hpp"

namespace gistmill {

// Of every evaluation that was made at least twice: the headline figure large, every other one small. The
// variants' colors begin with `first_color`, and are the same in all of them. "" where there is none.
std::string check_curves(const StageRecord& stage, int first_color);

}  // namespace gistmill
