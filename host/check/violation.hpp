// What the checking proxy found. Violations are kept until somebody takes them. If nobody did when the
// process ends, they are printed and the process exits with 1. Not a log: a violation is a defect of a plugin
// or of its caller.
#pragma once

#include <string>
#include <vector>

namespace gistmill {

struct Violation {
  std::string where;  // instance and call: "gist.compress", "gist.vjp of compress", "gist.params.tensor"
  std::string what;   // "changed the working folder", "was called before start"

  std::string text() const { return where + " " + what; }
};

// Whether calls go through the checking proxy: the environment variable GISTMILL_CHECK is set, and not to 0.
bool checks_calls();

// Any thread.
void report_violation(const std::string& where, const std::string& what);
std::vector<Violation> take_violations();

// What is looked for when the process ends, besides what was reported: what nobody released. Each check once.
void add_last_check(void (*check)());

}  // namespace gistmill
