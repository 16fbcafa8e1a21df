// Whether a launcher (mpirun, srun) started this process as one of several that do one run together: a
// "rank". Known from the environment alone, before anything joins them; the launchers are those of the
// contracts.
#pragma once

#include <string>
#include <vector>

#include "host/registry/contract.hpp"

namespace gistmill {

struct Launch {
  std::string contract;  // of the components that can join the processes; empty: this process is alone
  std::string launcher;  // Launcher::name
  int rank = 0;
  int size = 1;

  bool several() const { return size > 1; }
};

// GISTMILL_RANKS = "off" says that the process is alone, whoever started it. Throws Failure (ExitCode::usage)
// where the variables of a launcher hold no numbers that go together.
Launch launch_of_process(const std::vector<Contract>& contracts);

}  // namespace gistmill
