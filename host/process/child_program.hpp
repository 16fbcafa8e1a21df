// The child's half of starting a program, which whoever starts one shares.
#pragma once

#include <sys/types.h>

namespace gistmill {

// In the child, between fork and exec: only what is safe there. Ends with `parent`, works in `folder`, reads
// nothing, and writes standard output and error to the descriptor `output`, or the latter to `errors`.
// words: ends with a null; the first is a path, or a name that is looked up in PATH. Exits with 127 where it
// cannot become that program.
[[noreturn]] void become_program(const char* const* words, const char* folder, int output, pid_t parent,
                                 int errors = -1);

}  // namespace gistmill
