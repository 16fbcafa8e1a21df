// Another program that does a part of the work: apt-get, pip, the reader of a package's text.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gistmill {

struct HelperEnd {
  int code = 127;    // exit code; 127: it is not there; 128 + the signal that ended it
  std::string said;  // the end of what it wrote, on either stream

  std::vector<std::string> last_lines(std::size_t most) const;  // of what it said, without blank ones
};

// Runs `words`, the program first (a path, or a name that is looked for in PATH), in `folder`, and waits for
// its end. It speaks English (LC_ALL=C) and reads nothing. Where `stopped` says so it is ended, and Failure
// (ExitCode::interrupted) thrown; it is ended too if this process dies. Throws Failure (ExitCode::failed)
// where no process can be made.
HelperEnd run_helper(const std::vector<std::string>& words, const std::filesystem::path& folder,
                     const std::function<bool()>& stopped);

// What is thrown where the user asked to stop.
[[noreturn]] void throw_stopped();

}  // namespace gistmill
