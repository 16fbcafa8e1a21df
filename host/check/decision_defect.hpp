// What is wrong with a monitor's decision as it stands. Not whether the run can carry it out.
#pragma once

#include <string>

#include "gistmill/extensions.h"

namespace gistmill {

// "gave the unknown action 9"; empty where nothing is wrong.
std::string defect_of(const gm_decision& decision);

}  // namespace gistmill
