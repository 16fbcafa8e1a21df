// System calls, since a stream would hide a full disk behind its buffer.
#include "plugins/logger/jsonl/line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <gistmill/plugin.hpp>
#include <system_error>
#include <utility>

namespace gistmill::jsonl {

LineFile::LineFile(std::filesystem::path path) : path_(std::move(path)) {
  file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0 && errno == ENXIO) file_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file_ < 0) fail("cannot be opened", errno);
  struct stat status {};
  regular_ = fstat(file_, &status) == 0 && S_ISREG(status.st_mode);
  if (!regular_) return;
  try {
    cut_incomplete_line();
  } catch (...) {
    close(file_);
    throw;
  }
}

LineFile::~LineFile() {
  if (file_ >= 0) close(file_);
}

void LineFile::append(std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  const off_t before = regular_ ? lseek(file_, 0, SEEK_END) : 0;
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = write(file_, bytes.data() + done, bytes.size() - done);
    if (written > 0) {
      done += static_cast<std::size_t>(written);
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    const int error = written < 0 ? errno : ENOSPC;
    // A part of the line may be there. Where it cannot be cut off now, the next opening does it.
    if (regular_ && done > 0 && ftruncate(file_, before) != 0)
      fail("cannot be cut back to whole lines", errno);
    fail("cannot be written", error);
  }
}

void LineFile::fail(const char* action, int error) const {
  const bool unusable = error == EISDIR || error == ENOTDIR || error == ENOENT || error == ENAMETOOLONG;
  throw Error(unusable ? GM_ERROR_USER : GM_ERROR_UNAVAILABLE,
              path_.string() + " " + action + ": " + std::generic_category().message(error), "file");
}

void LineFile::cut_incomplete_line() {
  std::array<char, 65536> block;
  off_t end = lseek(file_, 0, SEEK_END);
  const off_t size = end;
  if (end < 0) fail("cannot be read", errno);
  off_t keep = 0;  // up to and with the last newline
  while (end > 0 && keep == 0) {
    const off_t begin = end > static_cast<off_t>(block.size()) ? end - static_cast<off_t>(block.size()) : 0;
    const ssize_t count = pread(file_, block.data(), static_cast<std::size_t>(end - begin), begin);
    if (count < 0 && errno == EINTR) continue;
    if (count != end - begin) fail("cannot be read", count < 0 ? errno : EIO);
    const std::size_t newline = std::string_view(block.data(), static_cast<std::size_t>(count)).rfind('\n');
    if (newline != std::string_view::npos) keep = begin + static_cast<off_t>(newline) + 1;
    end = begin;
  }
  if (keep < size && ftruncate(file_, keep) != 0) fail("cannot be cut back to whole lines", errno);
}

}  // namespace gistmill::jsonl
