// Files and folders that appear whole or not at all: written under a temporary name beside the final one,
// made durable, then renamed. A reader, and a run killed at any moment, see the old contents or the new.
// Not for logs, which grow in place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "host/files/descriptor.hpp"

namespace gistmill {

// One file in the making. Destroyed without commit, it leaves nothing behind; killed, it leaves
// ".gistmill-<process>-<number>.tmp", which nothing reads. One thread at a time.
class AtomicFile {
 public:
  // Creates the temporary file beside `path`, whose folder must exist.
  // Throws Failure (ExitCode::failed), as all that follows.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Takes room for `bytes` in all now, so that a full disk is met before they are made.
  void reserve(std::uint64_t bytes);

  void write(std::string_view bytes);
  std::uint64_t written() const { return written_; }

  // Makes the contents durable and visible as `path`, replacing what was there. Once.
  void commit();

  // The same without waiting for the disk: after a crash of the machine the file may be there and damaged.
  // For what can be made again, where readers notice.
  void publish();

 private:
  void trim();
  void put_in_place();
  [[noreturn]] void fail(const char* action, int error, std::uint64_t needed = 0);

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  Descriptor file_;
  std::uint64_t written_ = 0;   // bytes
  std::uint64_t reserved_ = 0;  // bytes
};

// Throws Failure (ExitCode::failed): path, what failed, the system's reason; on a full disk also how many
// bytes were needed and how many are free. The old file then stands unchanged.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

// Gives the folder `temporary` its final name, durably. Both lie in one folder; the files in `temporary`
// are durable already (AtomicFile). Throws Failure (ExitCode::failed), for one where `final_name` exists
// and is not an empty folder.
void publish_folder(const std::filesystem::path& temporary, const std::filesystem::path& final_name);

}  // namespace gistmill
