// A folder with those around it.
#pragma once

#include <filesystem>

#include "host/files/file_failure.hpp"

namespace gistmill {

// Nothing where it is there. Throws Failure (ExitCode::failed): "cannot make runs/a: permission denied".
inline void make_folders(const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) throw failure_of(files::FileError("make", folder, problem.value()));
}

}  // namespace gistmill
