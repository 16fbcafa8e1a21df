// Finds LibTorch, which is not installed with the program: it comes from a wheel of some gigabytes that other
// programs may use too. Links nothing of it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gistmill {

// Loads LibTorch once, before the first library that needs it: from $GISTMILL_TORCH_ROOT (ignored for a
// privileged process), else from program_folders().torch. Does nothing where LibTorch is in the process
// already, and where neither place has it: the library that needs it may know another one (a run path,
// LD_LIBRARY_PATH). Throws Failure (ExitCode::failed) where $GISTMILL_TORCH_ROOT has no LibTorch, and for a
// LibTorch of another version or one that cannot be loaded. Main thread only.
void load_libtorch();

// For a library that could not be loaded: where LibTorch was looked for and how to say where it is. Empty
// where LibTorch is in the process, so that something else must be wrong.
std::vector<std::string> libtorch_advice();

// The version of the LibTorch in `root`, "2.13.0", as its headers say; empty where it has no headers.
std::string libtorch_version(const std::filesystem::path& root);

}  // namespace gistmill
