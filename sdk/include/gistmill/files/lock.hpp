// One process at a time: a lock on a file of its own, which ends with the process, however that ends. Folders
// and files that are made piece by piece take one beside them. Processes of several machines see it where
// their file system supports flock(2).
#pragma once

#include <filesystem>
#include <optional>

#include <gistmill/files/descriptor.hpp>

namespace gistmill::files {

class Lock {
 public:
  // The lock on file `path`, which is made where it is missing; its folder must exist. Nothing where another
  // process, or another Lock of this one, has it. Throws FileError.
  static std::optional<Lock> take(const std::filesystem::path& path);

  // The number of the process that has it; 0 where that is not known, as when it was given back meanwhile.
  static int holder(const std::filesystem::path& path);

  Lock(Lock&&) noexcept = default;
  Lock& operator=(Lock&& other) noexcept;
  // Removes the file.
  ~Lock();

 private:
  Lock(std::filesystem::path path, Descriptor file);
  void give_back();

  std::filesystem::path path_;
  Descriptor file_;  // open where this has the lock
};

// ".novels.lock" beside "data/packed/novels": the lock for what is written there.
std::filesystem::path lock_beside(const std::filesystem::path& path);

}  // namespace gistmill::files
