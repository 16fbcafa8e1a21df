#include "host/process/child_program.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

namespace gistmill {

void become_program(const char* const* words, const char* folder, int output, pid_t parent, int errors) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);  // it died before that
  dup2(output, STDOUT_FILENO);
  dup2(errors >= 0 ? errors : output, STDERR_FILENO);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  if (chdir(folder) == 0) execvp(words[0], const_cast<char* const*>(words));
  _exit(127);
}

}  // namespace gistmill
