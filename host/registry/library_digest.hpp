// SHA-256 of a plugin's library, which says what build of the plugin it is. Hashed when it is first asked
// for: a command that records nothing does not read libraries for it.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <utility>

#include <gistmill/files/descriptor.hpp>

namespace gistmill {

// For any thread.
class LibraryDigest {
 public:
  explicit LibraryDigest(std::filesystem::path path) : path_(std::move(path)) {}

  // Opens the file now: hex() is then of this file, whatever has taken its name since. Throws Failure.
  void hold();

  // 64 hexadecimal digits. Throws Failure (ExitCode::failed) where the file cannot be read.
  const std::string& hex();

 private:
  const std::filesystem::path path_;
  std::mutex mutex_;
  files::Descriptor file_;  // open until it is hashed
  std::string hex_;
};

}  // namespace gistmill
