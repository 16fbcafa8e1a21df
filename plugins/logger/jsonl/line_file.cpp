// System calls, since a stream would hide a full disk behind its buffer.
#include "plugins/logger/jsonl/line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>
#include <gistmill/plugin.hpp>
#include <utility>

namespace gistmill::jsonl {

LineFile::LineFile(std::filesystem::path path) : path_(std::move(path)) {
  file_ = files::Descriptor(open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!file_.open() && errno == ENXIO)
    file_ = files::Descriptor(open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file_.open()) fail("cannot be opened", errno);
  struct stat status {};
  regular_ = fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode);
  if (regular_) cut_incomplete_line();
}

void LineFile::append(std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  const off_t before = regular_ ? lseek(file_.get(), 0, SEEK_END) : 0;
  const files::Transferred put = files::write(file_.get(), bytes);
  if (put.error == 0) return;
  // A part of the line may be there. Where it cannot be cut off now, the next opening does it.
  if (regular_ && put.bytes > 0 && ftruncate(file_.get(), before) != 0)
    fail("cannot be cut back to whole lines", errno);
  fail("cannot be written", put.error);
}

void LineFile::fail(const char* action, int error) const {
  const bool unusable = error == EISDIR || error == ENOTDIR || error == ENOENT || error == ENAMETOOLONG;
  throw Error(unusable ? GM_ERROR_USER : GM_ERROR_UNAVAILABLE,
              path_.string() + " " + action + ": " + files::error_text(error), "file");
}

void LineFile::cut_incomplete_line() {
  std::array<char, 65536> block;
  off_t end = lseek(file_.get(), 0, SEEK_END);
  const off_t whole = end;
  if (end < 0) fail("cannot be read", errno);
  off_t keep = 0;  // up to and with the last newline
  while (end > 0 && keep == 0) {
    const off_t begin = end > static_cast<off_t>(block.size()) ? end - static_cast<off_t>(block.size()) : 0;
    const auto size = static_cast<std::size_t>(end - begin);
    const files::Transferred got =
        files::read_at(file_.get(), block.data(), size, static_cast<std::uint64_t>(begin));
    if (got.bytes != size) fail("cannot be read", got.error == 0 ? EIO : got.error);
    const std::size_t newline = std::string_view(block.data(), size).rfind('\n');
    if (newline != std::string_view::npos) keep = begin + static_cast<off_t>(newline) + 1;
    end = begin;
  }
  if (keep < whole && ftruncate(file_.get(), keep) != 0) fail("cannot be cut back to whole lines", errno);
}

}  // namespace gistmill::jsonl
