// Asks another program something and waits for the answer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gistmill {

struct ProgramAnswer {
  int code = 127;   // exit code; 127: it is not there, or a signal ended it
  std::string out;  // standard output
  std::string err;  // standard error: some lines, no more than a pipe holds
};

// Runs `words`, the program first: a path, or a name that is looked for in PATH. It reads `input`. Throws
// Failure where no process can be made or the input cannot be read.
ProgramAnswer ask_program(const std::vector<std::string>& words,
                          const std::filesystem::path& input = "/dev/null");

}  // namespace gistmill
