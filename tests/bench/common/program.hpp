// How the programs that benchmarks are made of begin and end.
#pragma once

#include <cstdio>
#include <exception>

namespace gistmill::bench {

// run(argv), which gives the exit code, where there are as many words as `usage` names; 2 where there are
// not, 1 where it throws.
template <class Run>
int program(int argc, char** argv, const char* usage, const Run& run) {
  int words = 0;
  for (const char* at = usage; *at != '\0'; ++at) words += *at == ' ';
  if (argc != words + 1) {
    std::fprintf(stderr, "usage: %s\n", usage);
    return 2;
  }
  try {
    return run(argv);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}

}  // namespace gistmill::bench
