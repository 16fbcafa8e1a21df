// What a user asks of a run beside its folder: --metrics-path, --save-plot.
#pragma once

#include <filesystem>
#include <optional>

#include "host/cli/command_line.hpp"

namespace gistmill {

class RunOutputs {
 public:
  // Throws Failure (ExitCode::usage) for a picture that is neither .svg nor .png.
  explicit RunOutputs(const Command& command);

  // Writes what was asked for of the run in that folder, and makes the folders around it. A PNG that cannot
  // be drawn here becomes an SVG file beside it, and a word about that. Throws Failure (ExitCode::failed).
  void write(const std::filesystem::path& run_folder) const;

 private:
  std::optional<std::filesystem::path> metrics_;
  std::optional<std::filesystem::path> plot_;
};

}  // namespace gistmill
