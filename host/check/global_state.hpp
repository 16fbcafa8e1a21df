// What a plugin must leave as it found it: the state of the process that no argument carries. Not its memory,
// and not its open files.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace gistmill {

// By name, in words that a message can end with: {"the working folder", "/home/me"}. A value that nobody can
// read, such as a generator's state, starts with a zero byte and is not shown.
using GlobalState = std::vector<std::pair<std::string, std::string>>;

// Adds to what is read: LibTorch's own state, where it is there. Once, main thread.
void add_state_probe(void (*probe)(GlobalState& state));

GlobalState read_global_state();

// "the working folder from /a to /b"; one text for each thing that differs.
std::vector<std::string> differences(const GlobalState& before, const GlobalState& after);

}  // namespace gistmill
