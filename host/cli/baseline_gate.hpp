// run --against RUN: what is checked before the run, and how it came out after.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "host/cli/command_line.hpp"
#include "host/diff/baseline.hpp"

namespace gistmill {

class BaselineGate {
 public:
  // None without --against. Throws Failure before anything runs: RUN is no finished run, it or the recipe
  // lacks the figure, --tolerance is no number, or it or --figure stands alone.
  static std::optional<BaselineGate> of(const Command& command);

  // Holds the finished run in `folder` against the baseline. Throws Failure.
  BaselineVerdict judge(const std::filesystem::path& folder) const;

  const std::string& name() const { return name_; }

 private:
  std::string name_;  // RUN as it was given
  MeasuredRun baseline_;
  std::string figure_;  // empty: the run's headline
  double tolerance_ = 0;
};

nlohmann::json to_json(const BaselineVerdict& verdict, const std::string& baseline);

// The value of --tolerance; none: it is not given. Throws Failure (ExitCode::usage).
std::optional<double> tolerance_of(const Command& command);

// What the folder of a finished run measured. Throws Failure where it is none.
MeasuredRun read_measured_run(const std::filesystem::path& folder);

}  // namespace gistmill
