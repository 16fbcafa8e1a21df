// What the exit codes of failure.hpp mean, for --help and the reference.
#pragma once

#include <vector>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

struct ExitCodeMeaning {
  ExitCode code;
  const char* brief;    // in --help
  const char* meaning;  // in the reference
};

const std::vector<ExitCodeMeaning>& exit_codes();

}  // namespace gistmill
