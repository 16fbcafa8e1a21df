// A sweep as people see it: begun or gone on with, its state, its table.
#pragma once

#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/sweep/axis_effects.hpp"
#include "host/sweep/worker.hpp"

namespace gistmill {

// Folder of the points of all sweeps beside the sweep's own.
std::filesystem::path points_beside(const std::filesystem::path& folder);

enum class SweepUse { begin, extend };

// Writes points and ledger of a study into `folder`. A folder that holds these very points already is gone on
// with; one that holds others is refused, unless it is extended by them. Points that any sweep has finished
// are done. Throws Failure.
void begin_sweep(const std::filesystem::path& folder, const Study& study,
                 const std::vector<FrozenPoint>& points,
                 const std::vector<std::filesystem::path>& plugin_folders, bool stops_on_failure,
                 SweepUse use);

// Runs `count` workers as processes of `program`, and starts another where one is killed while points are
// open. Until all have ended, or `stop` is set by a signal: they are told to stop and waited for. Throws
// Failure where none can be started.
WorkerEnd run_workers(const std::filesystem::path& folder, const std::filesystem::path& program, int count,
                      const std::vector<std::string>& arguments, const volatile std::sig_atomic_t& stop);

// The table of the points that are done. Throws Failure where none is, or the study's figure is not among
// theirs.
SweepTable table_of(const Ledger& ledger);

}  // namespace gistmill
