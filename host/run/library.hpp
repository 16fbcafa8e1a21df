// The doors of this library: what cli calls after loading it. So few, so that the program itself links no
// LibTorch and answers `--help`, `validate` and `plugins list` at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/check/global_state.hpp"
#include "host/diagnostic/failure.hpp"

namespace gistmill {

enum class RunVerb { peek, run, evaluate, plan, export_run, compress };

struct RunRequest {
  RunVerb verb = RunVerb::run;
  std::filesystem::path recipe;
  std::vector<std::string> overrides;                 // --set
  std::filesystem::path folder;                       // of the run; empty: runs/<recipe's name>
  std::vector<std::filesystem::path> plugin_folders;  // before the search path
  bool resume = false;                                // go on where the folder holds an unfinished run
  bool fresh = false;                                 // remove what the folder holds
  bool ignore_lock = false;                           // run with other plugins than the recipe's lock says
  std::filesystem::path target;                       // export_run: the folder to write; compress: the store
  std::vector<std::filesystem::path> texts;           // compress: the documents
  std::vector<std::string> store_overrides;           // compress: of the component that keeps the gists
  bool refresh = false;                               // compress: make gists of another compressor anew
  std::string keep;  // compress: kinds of words that stay as tokens, separated by commas; empty: none
  std::optional<double>
      keep_above;            // compress: blocks whose gists are predicted to cost more stay tokens; nats
  bool profile = false;      // run: where the time goes, profile.json
  bool measure = true;       // plan: take steps
  std::uint64_t memory = 0;  // plan: bytes to plan for; 0: this machine's
  std::int64_t peek = 0;     // peek: samples to show of what trains
  bool merge = false;        // export_run: the whole model, not what was added
  std::vector<std::string> command;            // for the record
  std::int64_t environment_threads = 0;        // compute threads that the environment asks for; 0: none
  std::function<void(std::string_view)> talk;  // messages to the user
  // Says a failure after which the process ends at once, as one of several that a launcher started.
  std::function<void(const Failure&)> tell_failure;
  // Seconds that the earlier processes of a run took, for its summary. Missing: they are not counted.
  std::function<double(const std::filesystem::path& folder)> seconds_of;
};

struct RunOutcome {
  ExitCode code = ExitCode::ok;
  std::string text;                    // the answer, for people
  std::string json;                    // the same for programs
  std::filesystem::path folder;        // of the run
  bool is_answered_elsewhere = false;  // by another rank of the run: there is nothing to say here
  // The run's folder where it lacks a report of what the run wrote: the caller makes it. Empty: none is due.
  std::filesystem::path report_due;
};

}  // namespace gistmill

// Runs the verb. Throws gistmill::Failure; both sides are built together. Main thread.
extern "C" __attribute__((visibility("default"))) void gistmill_run_verb(const gistmill::RunRequest* request,
                                                                         gistmill::RunOutcome* outcome);

// Adds what LibTorch keeps for the whole process, as a probe of add_state_probe.
extern "C" __attribute__((visibility("default"))) void gistmill_read_torch_state(
    gistmill::GlobalState* state);
