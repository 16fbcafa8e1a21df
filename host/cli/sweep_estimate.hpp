// What a sweep says of its points before they run: the answer of --dry-run, and the number of workers where
// none is given.
#pragma once

#include <filesystem>
#include <vector>

#include "host/cli/command_line.hpp"
#include "host/sweep/frozen_point.hpp"

namespace gistmill {

// Prints the points, which of them exist, and what the others will take. `folder`: the sweep's.
void print_dry_run(const Command& command, const std::vector<FrozenPoint>& points,
                   const std::filesystem::path& folder);

// --workers, or as many as cores and memory allow, which it says.
int workers_of(const Command& command, const std::vector<FrozenPoint>& points,
               const std::filesystem::path& folder);
// --workers, which is given.
int given_workers(const Command& command);

}  // namespace gistmill
