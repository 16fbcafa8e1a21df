// Temporary name, write, fsync, rename, fsync of the folder: the order in which a crash loses nothing.
#include "host/files/atomic_write.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

std::atomic<std::uint64_t> next_number{0};

fs::path folder_of(const fs::path& path) {
  const fs::path folder = path.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

std::vector<std::string> space_notes(int error, const fs::path& path, std::uint64_t needed) {
  if (error != ENOSPC && error != EDQUOT) return {};
  std::error_code ignored;
  const fs::space_info space = fs::space(folder_of(path), ignored);
  if (ignored) return {fmt::format("it needs {} bytes or more", needed)};
  return {fmt::format("it needs {} bytes or more; {} are free in {}", needed, space.available,
                      folder_of(path).string())};
}

// 0 or an error number.
int sync_folder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.open()) return errno;
  // Some network file systems cannot sync a folder and say so; renames are as durable there as they get.
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL && errno != ENOTSUP) return errno;
  return 0;
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  // A process killed earlier may have left its temporary file under the number that this one reuses.
  constexpr int kAttempts = 1000;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    temporary_ = folder_of(path_) / fmt::format(".gistmill-{}-{}.tmp", ::getpid(), next_number++);
    file_ = Descriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file_.open()) return;
    if (errno != EEXIST && errno != EINTR) break;
  }
  const int error = errno;
  temporary_.clear();
  fail("create a file for", error);
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::reserve(std::uint64_t bytes) {
  if (const int error = ::posix_fallocate(file_.get(), 0, static_cast<off_t>(bytes)); error != 0)
    fail("take room for", error, bytes);
  reserved_ = bytes;
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file_.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write", errno, written_ + bytes.size());
    written_ += static_cast<std::uint64_t>(put);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void AtomicFile::commit() {
  trim();
  if (::fsync(file_.get()) != 0) fail("write", errno, written_);
  put_in_place();
  if (const int error = sync_folder(folder_of(path_)); error != 0) fail("make durable", error);
}

void AtomicFile::publish() {
  trim();
  put_in_place();
}

void AtomicFile::trim() {
  if (reserved_ > written_ && ::ftruncate(file_.get(), static_cast<off_t>(written_)) != 0)
    fail("write", errno, written_);
}

void AtomicFile::put_in_place() {
  if (file_.close() != 0) fail("write", errno, written_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("replace", errno);
  temporary_.clear();
}

void AtomicFile::fail(const char* action, int error, std::uint64_t needed) {
  // Asked before the temporary file goes, which would give its space back.
  std::vector<std::string> notes = space_notes(error, path_, needed);
  file_.close();
  if (!temporary_.empty()) ::unlink(std::exchange(temporary_, fs::path()).c_str());
  throw Failure(ExitCode::failed, fmt::format("cannot {} {}: {}", action, path_.string(), error_text(error)),
                std::move(notes));
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void publish_folder(const fs::path& temporary, const fs::path& final_name) {
  const auto fail = [&](int error) {
    throw Failure(ExitCode::failed, fmt::format("cannot publish {} as {}: {}", temporary.string(),
                                                final_name.string(), error_text(error)));
  };
  if (const int error = sync_folder(temporary); error != 0) fail(error);
  if (::rename(temporary.c_str(), final_name.c_str()) != 0) fail(errno);
  if (const int error = sync_folder(folder_of(final_name)); error != 0) fail(error);
}

}  // namespace gistmill
