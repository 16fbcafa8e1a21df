// Text that a verb is given: a file's, or what comes in on standard input.
#pragma once

#include <string>

#include "host/cli/command_line.hpp"

namespace gistmill {

struct Input {
  std::string name;  // "notes.txt" or "standard input", for messages
  std::string bytes;
};

// All of the file that is argument number `index`, or of standard input where there is no such argument or it
// is "-". Throws Failure (ExitCode::recipe): the path and the system's reason.
Input read_input(const Command& command, std::size_t index);

}  // namespace gistmill
