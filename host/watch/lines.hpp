// Where a run stands, as lines for a terminal. Asks neither clock nor terminal: both are handed in.
#pragma once

#include <string>
#include <vector>

#include "host/record/run_record.hpp"

namespace gistmill {

struct WatchLook {
  bool utf8 = false;  // blocks for bars and charts; else plain ASCII
  int columns = 80;   // no line is longer
};

// `name`: what the run is called. `now`: seconds since 1970.
std::vector<std::string> watch_lines(const RunRecord& record, const std::string& name, double now,
                                     const WatchLook& look);

}  // namespace gistmill
