// System calls that fail on demand: the n-th of those that touch files under one folder, as on a disk that is
// full or breaks. A shared library that stands before the C library: linked into a test program, it is asked
// by every library in it, and by every plugin that it loads.
#pragma once

#include <atomic>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace gistmill::testing {

// What goes wrong: `error` is ENOSPC, EIO, ...
struct Fault {
  int error = 0;
  bool lasting = false;  // so do all later calls
};
void PrintTo(const Fault& fault, std::ostream* out);  // for GoogleTest

// While it lives, calls on `folder` itself and on all below it are counted from 0 on, and those that `fault`
// says fail from call number `call` on. What undoes work (unlink, rmdir) is neither counted nor fails. One at
// a time.
class FailingCalls {
 public:
  static constexpr int kNone = -1;

  explicit FailingCalls(const std::filesystem::path& folder, int call = kNone, Fault fault = {});
  ~FailingCalls();
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  int seen() const { return seen_; }

  // Asked by each of those system calls; sets errno where it fails.
  bool fails();
  bool concerns(const char* path) const;
  bool concerns(int file) const;

 private:
  std::string folder_;  // absolute
  int call_;
  Fault fault_;
  std::atomic<int> seen_{0};
};

// From now on every fsync of a folder fails like this: what a network disk says that cannot sync them. 0: no
// more.
void fail_folder_syncs(int error);

}  // namespace gistmill::testing
