// The one loop around read(2), write(2) and their relatives.
#include <gistmill/files/transfer.hpp>

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gistmill/files/descriptor.hpp>
#include <gistmill/files/error.hpp>

namespace gistmill::files {
namespace {

constexpr std::size_t kLeastRead = 1 << 16;  // bytes asked for at a time where the size is unknown

// `move(done)` moves some of the bytes from `done` on, and answers as read(2) does.
template <class Move>
Transferred repeat(std::size_t size, const Move& move) {
  Transferred moved;
  while (moved.bytes < size) {
    const ssize_t count = move(moved.bytes);
    if (count == 0) break;
    if (count > 0) {
      moved.bytes += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      moved.error = errno;
      break;
    }
  }
  return moved;
}

// No file system should take nothing and say nothing; a caller that trusted it would wait for ever.
Transferred all_or_error(Transferred moved, std::size_t size) {
  if (moved.bytes < size && moved.error == 0) moved.error = ENOSPC;
  return moved;
}

}  // namespace

Transferred read(int file, void* data, std::size_t size) {
  char* const bytes = static_cast<char*>(data);
  return repeat(size, [&](std::size_t done) { return ::read(file, bytes + done, size - done); });
}

Transferred read_at(int file, void* data, std::size_t size, std::uint64_t at) {
  char* const bytes = static_cast<char*>(data);
  return repeat(size, [&](std::size_t done) {
    return ::pread(file, bytes + done, size - done, static_cast<off_t>(at + done));
  });
}

Transferred write(int file, std::string_view bytes) {
  const auto move = [&](std::size_t done) { return ::write(file, bytes.data() + done, bytes.size() - done); };
  return all_or_error(repeat(bytes.size(), move), bytes.size());
}

Transferred write_at(int file, const void* data, std::size_t size, std::uint64_t at) {
  const char* const bytes = static_cast<const char*>(data);
  const auto move = [&](std::size_t done) {
    return ::pwrite(file, bytes + done, size - done, static_cast<off_t>(at + done));
  };
  return all_or_error(repeat(size, move), size);
}

Descriptor open_to_read(const std::filesystem::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) throw FileError("read", path, errno);
  return file;
}

std::string read_all(const std::filesystem::path& path) { return read_all(open_to_read(path).get(), path); }

std::string read_all(int file, const std::filesystem::path& name) {
  std::string bytes;
  struct stat status {};
  const bool sized = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  // One more than there should be, so that one call sees the end.
  std::size_t room = sized ? static_cast<std::size_t>(status.st_size) + 1 : kLeastRead;
  for (std::size_t filled = 0;; room = std::max(filled + kLeastRead, filled * 2)) {
    bytes.resize(room);
    const Transferred got = read(file, bytes.data() + filled, room - filled);
    if (got.error != 0) throw FileError("read", name, got.error);
    filled += got.bytes;
    if (filled == room) continue;
    bytes.resize(filled);
    return bytes;
  }
}

}  // namespace gistmill::files
