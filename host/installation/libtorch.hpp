// Finds LibTorch, which is not installed with the program: it comes from a wheel of some gigabytes that other
// programs may use too. Links nothing of it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace gistmill {

struct FoundLibtorch {
  enum class By {
    nothing,
    variable,
    link,
    linker
  };  // $GISTMILL_TORCH_ROOT, program_folders().torch, LD_LIBRARY_PATH

  By by = By::nothing;
  std::filesystem::path
      root;             // the folder with lib/ in it; where By::nothing, the one that was looked at last
  std::string version;  // as its headers say; "": unknown
  bool cuda = false;    // has the part that computes on NVIDIA devices
  std::string problem;  // why it cannot be used; "": nothing is known to be wrong
};

// Which LibTorch load_libtorch would load, or that there is none. Loads nothing.
FoundLibtorch find_libtorch();

// What to do about FoundLibtorch::problem.
std::string how_to_say_where_libtorch_is();

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
