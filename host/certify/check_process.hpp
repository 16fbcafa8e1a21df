// One check in a process of its own: the program itself, told by a verb for no person which check to make.
// The process may crash, hang, end early or close what it likes; what came of it is always an answer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace gistmill {

// The verb, and what follows it: FILE CHECK COMPONENT SEED ANSWERS [KEY=VALUE...]. ANSWERS: the descriptor
// that findings go to. COMPONENT is empty for a check of the file.
inline constexpr const char* kCertifyCheckVerb = "certify-check";

struct CheckRequest {
  std::filesystem::path library;  // absolute
  std::string component;          // empty: of the file
  std::string check;
  std::uint64_t seed = 1;
  std::vector<std::string> options;            // KEY=VALUE, of --set
  std::vector<std::filesystem::path> folders;  // of --plugins: where contracts are
};

struct CheckEnd {
  bool came_to_its_end = false;  // else it died, and its faults say how
  bool stops = false;            // nothing that comes after it can be checked
  bool checked = false;
  std::string nothing;  // why there is nothing to check; empty: there is
  std::vector<std::string> faults;
  std::vector<std::string> not_checked;
  double seconds = 0;
};

// How long a check may say nothing: longer than any call of a sound plugin on small inputs takes.
inline constexpr double kPatience = 10;  // seconds
// How long one check may take in all.
inline constexpr double kLongestCheck = 60;  // seconds

// Runs it in an empty folder. Throws Failure where no process can be started.
CheckEnd run_check(const CheckRequest& request);

}  // namespace gistmill
