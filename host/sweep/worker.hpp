// Works through the points of a ledger, one at a time. Any number of workers on any number of machines share
// one ledger; what a killed one leaves behind, another takes over.
#pragma once

#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/sweep/ledger.hpp"

namespace gistmill {

// Compute threads of a trial. One that fills a cache for others runs while most workers wait for it, so it
// may have more. 0: the recipe's own.
struct TrialThreads {
  std::int64_t least = 0;
  std::int64_t most = 0;
};
// `first_ones`: Ledger::first_ones of the point.
std::int64_t threads_of(const TrialThreads& threads, std::int64_t first_ones);

struct WorkerSettings {
  std::filesystem::path program;                      // gistmill
  std::filesystem::path points;                       // folder of all points
  std::optional<bool> stops_on_failure;               // none: as the study says
  std::vector<std::string> arguments;                 // of every trial: "--plugins", DIR
  std::vector<std::filesystem::path> plugin_folders;  // those that it is told
  TrialThreads threads;
};

enum class WorkerEnd { no_more, stopped, point_failed };

// Until every point has ended, a point fails and the study stops then, or `stop` is set by a signal; the
// running trial then saves. `said`: a line for each point that ends. Throws Failure where the ledger cannot
// be used.
WorkerEnd work(Ledger& ledger, const WorkerSettings& settings, const volatile std::sig_atomic_t& stop,
               const std::function<void(const std::string&)>& said);

}  // namespace gistmill
