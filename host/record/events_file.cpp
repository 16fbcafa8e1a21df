#include "host/record/events_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include <gistmill/files/error.hpp>

#include "host/diagnostic/failure.hpp"

namespace gistmill {

namespace {

constexpr std::size_t kBlock = 1 << 20;  // bytes

[[noreturn]] void refuse(const std::filesystem::path& path, int error) {
  throw Failure(ExitCode::failed,
                fmt::format("{} cannot be read: {}", path.string(), files::error_text(error)));
}

}  // namespace

EventsFile::~EventsFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool EventsFile::read_on() {
  struct stat named {};
  if (stat(path_.c_str(), &named) != 0) {
    if (errno != ENOENT) refuse(path_, errno);
    return false;
  }
  const bool first = descriptor_ < 0;
  const bool another = first || named.st_ino != file_ || named.st_size < read_;
  if (another) start_over();
  const bool any = named.st_size > read_ && read_lines();
  return any || (another && !first);
}

void EventsFile::start_over() {
  const int opened = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) refuse(path_, errno);
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = opened;
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) refuse(path_, errno);
  file_ = status.st_ino;
  read_ = 0;
  builder_ = RecordBuilder();
}

bool EventsFile::read_lines() {
  std::string rest;  // of a line whose end is in the next block
  std::string block(kBlock, '\0');
  bool any = false;
  for (off_t at = read_;;) {
    const ssize_t count = pread(descriptor_, block.data(), block.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse(path_, errno);
    if (count == 0) return any;
    at += count;
    std::string_view bytes(block.data(), static_cast<std::size_t>(count));
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      rest += bytes.substr(0, end);
      if (!rest.empty()) builder_.line(rest);
      rest.clear();
      bytes.remove_prefix(end + 1);
      any = true;
    }
    rest += bytes;
    if (any) read_ = at - static_cast<off_t>(rest.size());
  }
}

}  // namespace gistmill
