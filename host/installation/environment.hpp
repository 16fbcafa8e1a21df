// The environment variables that the program and its own plugins read, for people: the reference, the manual
// page and `gistmill env`. Who reads one is elsewhere; a test holds the sources against this list.
#pragma once

#include <span>

namespace gistmill {

struct EnvironmentVariable {
  const char* name;
  const char* doc;  // Markdown without emphasis; no final period
};

std::span<const EnvironmentVariable> environment_variables();

}  // namespace gistmill
