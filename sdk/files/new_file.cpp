// Temporary name, write, fsync, rename, fsync of the folder: the order in which a crash loses nothing.
#include <gistmill/files/new_file.hpp>

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

#include "sdk/files/names.hpp"

namespace gistmill::files {
namespace {

namespace fs = std::filesystem;

std::string space_note(int error, const fs::path& path, std::uint64_t needed) {
  if (error != ENOSPC && error != EDQUOT) return "";
  std::string note = "it needs " + std::to_string(needed) + " bytes or more";
  std::error_code unknown;
  const fs::space_info space = fs::space(folder_of(path), unknown);
  if (!unknown) note += "; " + std::to_string(space.available) + " are free in " + folder_of(path).string();
  return note;
}

}  // namespace

NewFile::NewFile(fs::path path) : path_(std::move(path)) {
  // A process killed earlier may have left its temporary file under the number that this one reuses.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    temporary_ = temporary_beside(path_);
    file_ = Descriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file_.open()) return;
    if (errno != EEXIST) break;
  }
  const int error = errno;
  temporary_.clear();
  fail("create a file for", error);
}

NewFile::~NewFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void NewFile::reserve(std::uint64_t bytes) {
  if (const int error = ::posix_fallocate(file_.get(), 0, static_cast<off_t>(bytes)); error != 0)
    fail("reserve space for", error, bytes);
  reserved_ = bytes;
}

void NewFile::write(std::string_view bytes) {
  const Transferred put = files::write(file_.get(), bytes);
  if (put.error != 0) fail("write", put.error, written_ + bytes.size());
  written_ += bytes.size();
}

void NewFile::commit() {
  trim();
  if (::fsync(file_.get()) != 0) fail("write", errno, written_);
  put_in_place();
  if (const int error = sync_folder(folder_of(path_)); error != 0) fail("make durable", error);
}

void NewFile::publish() {
  trim();
  put_in_place();
}

void NewFile::trim() {
  if (reserved_ > written_ && ::ftruncate(file_.get(), static_cast<off_t>(written_)) != 0)
    fail("write", errno, written_);
}

void NewFile::put_in_place() {
  if (file_.close() != 0) fail("write", errno, written_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("replace", errno);
  temporary_.clear();
}

void NewFile::fail(const char* action, int error, std::uint64_t needed) {
  // Asked before the temporary file goes, which would give its space back.
  std::string note = space_note(error, path_, needed);
  file_.close();
  if (!temporary_.empty()) ::unlink(std::exchange(temporary_, fs::path()).c_str());
  throw FileError(action, path_, error, std::move(note));
}

void write_file(const fs::path& path, std::string_view bytes) {
  NewFile file(path);
  file.write(bytes);
  file.commit();
}

Descriptor unnamed_file(const fs::path& path) {
  Descriptor file(::open(folder_of(path).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  // Not every file system has unnamed files.
  for (int attempt = 0; !file.open() && (errno == EOPNOTSUPP || errno == EISDIR || errno == EEXIST);
       ++attempt) {
    if (attempt == kAttempts) break;
    const fs::path name = temporary_beside(path);
    file = Descriptor(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.open()) ::unlink(name.c_str());
  }
  if (!file.open()) throw FileError("create a file for", path, errno);
  return file;
}

int sync_folder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.open()) return errno;
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL && errno != ENOTSUP) return errno;
  return 0;
}

fs::path folder_of(const fs::path& path) {
  const fs::path folder = path.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

fs::path temporary_beside(const fs::path& path) {
  static std::atomic<std::uint64_t> next_number{0};
  const std::string number = std::to_string(next_number++);
  return folder_of(path) / (".gistmill-" + std::to_string(::getpid()) + "-" + number + ".tmp");
}

}  // namespace gistmill::files
