// What verbs on a finished run ask for: its recipe as it ran, from its folder.
#pragma once

#include "host/run/library.hpp"

namespace gistmill {

// `request`, whose recipe is the folder of a run. `verb` names the one that asks, for the message. Throws
// Failure (ExitCode::recipe) where the folder holds no run.
RunRequest locked_request(const RunRequest& request, const char* verb);

}  // namespace gistmill
