// The time that templates are told in tests: Thursday, 5 November 2026, noon.
#pragma once

#include <ctime>

namespace gistmill::chat_template {

inline std::tm noon() {
  std::tm time{};
  time.tm_year = 126;
  time.tm_mon = 10;
  time.tm_mday = 5;
  time.tm_hour = 12;
  time.tm_wday = 4;
  time.tm_yday = 308;
  return time;
}

}  // namespace gistmill::chat_template
