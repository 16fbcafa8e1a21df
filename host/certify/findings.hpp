// What one check says while it runs, in a process that may die at any moment: lines of JSON to a descriptor
// that the plugin does not know. Read by check_process.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <string>

namespace gistmill {

class Findings {
 public:
  // Takes over `descriptor`.
  explicit Findings(int descriptor);
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;
  ~Findings();

  // What runs from now on: "vjp of value". Said before each call of the plugin, since it may not come back.
  void stage(const std::string& what);
  // The same stage goes on, in a long loop: it is not hanging.
  void beat();
  // Held against the contract, and found right so far. A check that says this nowhere has checked nothing.
  void checked() { checked_ = true; }
  // What breaks the contract: "value: gradient of gist is ..". Once each, and no more than a person reads.
  void fault(const std::string& what);
  // Whether the check has taken so long that it should come to an end by itself; says once that it did.
  bool is_late();
  // There is nothing of this kind in it: "it has no gm.state/1".
  void nothing_here(const std::string& why) { write("nothing", why); }
  // What could not be held against it, and why.
  void not_checked(const std::string& what);
  // The check has come to its end.
  void end();
  // What comes after it would fail in the same way: the plugin cannot be loaded.
  void stop() { write("stop", ""); }

  // Whether a fault has named it already.
  bool mentions(const std::string& words) const;

 private:
  void write(const char* kind, const std::string& text);

  int descriptor_;
  bool checked_ = false;
  std::set<std::string> faults_;
  std::set<std::string> not_checked_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_beat_{};
};

}  // namespace gistmill
