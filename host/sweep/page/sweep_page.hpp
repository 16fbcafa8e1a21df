// The page of a sweep: one HTML file with everything in it, no script, nothing fetched. Made of the pieces of
// the run report.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/sweep/ledger.hpp"
#include "host/sweep/sweep.hpp"

namespace gistmill {

// What the page tells.
struct SweepFindings {
  std::string study;             // path of the study's file
  std::filesystem::path folder;  // of the sweep
  std::filesystem::path points;  // folder of all points
  std::vector<LedgerPoint> ledger;
  std::optional<SweepTable> table;  // none: no point is done
  std::string program;              // version
};

// The result in a sentence with its uncertainty, a plot for each axis, the best point and how to run it
// again, every point with what sets it apart, and what failed with the command that repeats it.
std::string sweep_page(const SweepFindings& findings);

// Writes report.html into the ledger's folder, whole or not at all. Answers its path. Throws Failure.
std::filesystem::path write_sweep_report(const Ledger& ledger);

}  // namespace gistmill
