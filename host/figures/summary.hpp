// summary.json of a run folder: the tables and the figures of the run, to and from JSON (docs/events.md).
// Not the report page; that reads this file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/figures/evaluation.hpp"

namespace gistmill {

// Sums over the stages, and over all processes of a resumed run.
struct RunFigures {
  std::string status;  // "finished", "stopped", "failed", "interrupted"
  double seconds = 0.0;
  std::uint64_t peak_memory_bytes = 0;
  std::uint64_t parameters = 0;  // that trained
  std::int64_t steps = 0;        // optimizer steps
  std::int64_t items = 0;        // pipeline items trained on, e.g. spans
  std::int64_t threads = 0;
  std::int64_t seed = 0;
  std::string version;
};

struct RunSummary {
  std::string recipe;
  RunFigures run;
  std::vector<EvaluationTable> evaluations;
};

// The keys of an evaluation event and of an evaluation in summary.json. A number that is not finite becomes
// null.
nlohmann::json to_json(const EvaluationTable& table);
nlohmann::json to_json(const RunSummary& summary);

// Missing keys take their defaults and null is NaN; unknown keys are ignored. Before figures were described
// they were means, lower was better, and they were clustered by document. Throws Failure
// (ExitCode::failed) where a value has another type than it must have.
EvaluationTable evaluation_from_json(const nlohmann::json& json);
// Throws Failure (ExitCode::failed) also where `format` is not 1.
RunSummary summary_from_json(const nlohmann::json& json);

// Writes `path` whole or not at all, two spaces of indentation. Throws Failure (ExitCode::failed).
void write_summary(const std::filesystem::path& path, const RunSummary& summary);
// Throws Failure (ExitCode::failed) where the file cannot be read or is no summary.
RunSummary read_summary(const std::filesystem::path& path);

}  // namespace gistmill
