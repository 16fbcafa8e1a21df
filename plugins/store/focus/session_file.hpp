// The prepared file of focus sessions: their trace as text, and the telemetry of every block as columns, in
// one HDF5 file that h5py reads. store/focus writes it, dataset/focus-trace reads it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "plugins/focus/trace/record.hpp"

namespace gistmill::focus {

// One a block.
struct Telemetry {
  void add(const BlockRecord& record);

  std::vector<std::int32_t> session, iteration, cursor, room;  // room: collapses that made it
  // What a block does not have is NaN.
  std::vector<float> loss_at_h, swap_rate_per_block, mean_residency_iterations, left_residency_iterations,
      latency_ms, token_budget_utilization;
};

// Whole or not at all. Throws files::FileError.
void write_sessions(const std::filesystem::path& path, const std::string& trace, const Telemetry& telemetry,
                    const std::string& provenance);

// The text of a trace, out of such a file, or of a file that is a trace itself. Throws formats::FormatError.
std::string read_trace(const std::filesystem::path& path);

}  // namespace gistmill::focus
