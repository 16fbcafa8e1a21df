// See violation.hpp.
#include "host/check/violation.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <utility>

namespace gistmill {

namespace {

struct Findings {
  std::mutex mutex;
  std::vector<Violation> found;
  std::vector<void (*)()> last_checks;
};

Findings& findings();

void end_process() {
  for (void (*const check)() : findings().last_checks) check();
  const std::vector<Violation> left = take_violations();
  if (left.empty()) return;
  for (const Violation& violation : left)
    fmt::print(stderr, "gistmill: the contract of the ABI was broken: {}\n", violation.text());
  std::fflush(nullptr);
  _exit(1);  // exit cannot be called from here
}

// Never destroyed: tensors are released after everything else.
Findings& findings() {
  static Findings* const all = [] {
    std::atexit(end_process);
    return new Findings;
  }();
  return *all;
}

}  // namespace

bool checks_calls() {
  const char* const value = std::getenv("GISTMILL_CHECK");
  const std::string_view text = value == nullptr ? "" : value;
  return !text.empty() && text != "0";
}

void report_violation(const std::string& where, const std::string& what) {
  const std::lock_guard lock(findings().mutex);
  findings().found.push_back({where, what});
}

std::vector<Violation> take_violations() {
  const std::lock_guard lock(findings().mutex);
  return std::exchange(findings().found, {});
}

void add_last_check(void (*check)()) {
  const std::lock_guard lock(findings().mutex);
  auto& all = findings().last_checks;
  if (std::find(all.begin(), all.end(), check) == all.end()) all.push_back(check);
}

}  // namespace gistmill
