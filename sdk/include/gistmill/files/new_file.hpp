// Files that appear whole or not at all: written under a temporary name beside the final one, made durable,
// then renamed. A reader, and a program killed at any moment, see the old contents or the new. Not for logs,
// which grow in place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include <gistmill/files/descriptor.hpp>

namespace gistmill::files {

// One file in the making. Destroyed without commit, it leaves nothing behind; killed, it leaves
// ".gistmill-<process>-<number>.tmp", which nothing reads. One thread at a time.
class NewFile {
 public:
  // Creates the temporary file beside `path`, whose folder must exist. Throws FileError, as all that follows.
  explicit NewFile(std::filesystem::path path);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

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

// The whole file at once, durably.
void write_file(const std::filesystem::path& path, std::string_view bytes);

// A file without a name beside `path`, to read and write: gone when closed, whatever happens to the process.
// Throws FileError.
Descriptor unnamed_file(const std::filesystem::path& path);

// Makes names in a folder durable. 0 or an error number. Some network file systems cannot sync a folder and
// say so; that is no error, for renames are as durable there as they get.
int sync_folder(const std::filesystem::path& folder);

}  // namespace gistmill::files
