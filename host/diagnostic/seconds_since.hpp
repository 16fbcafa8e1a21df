// How long something has taken.
#pragma once

#include <chrono>

namespace gistmill {

// Seconds by the clock on the wall since `began`. Any thread.
inline double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace gistmill
