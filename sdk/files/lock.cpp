// flock(2) on a file that is removed while it is locked: whoever waited for it sees that its name is gone,
// and makes a new one.
#include <gistmill/files/lock.hpp>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

namespace gistmill::files {
namespace {

namespace fs = std::filesystem;

// Whether the open file is still what the path names.
bool is_at(const fs::path& path, int file) {
  struct stat named {};
  struct stat opened {};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(file, &opened) == 0 && named.st_dev == opened.st_dev &&
         named.st_ino == opened.st_ino;
}

}  // namespace

Lock::Lock(fs::path path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

Lock& Lock::operator=(Lock&& other) noexcept {
  give_back();
  path_ = std::move(other.path_);
  file_ = std::move(other.file_);
  return *this;
}

Lock::~Lock() { give_back(); }

void Lock::give_back() {
  if (file_.open()) ::unlink(path_.c_str());
  file_.close();
}

std::optional<Lock> Lock::take(const fs::path& path) {
  while (true) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!file.open()) throw FileError("create a file for", path, errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::nullopt;
      if (errno == EINTR) continue;
      throw FileError("lock", path, errno);
    }
    if (!is_at(path, file.get())) continue;  // it was given back between open and flock
    const std::string number = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.get(), 0) == 0) write_at(file.get(), number.data(), number.size(), 0);
    return Lock(path, std::move(file));
  }
}

int Lock::holder(const fs::path& path) {
  try {
    return std::atoi(read_all(path).c_str());
  } catch (const FileError&) {  // it is gone
    return 0;
  }
}

fs::path lock_beside(const fs::path& path) {
  fs::path whole = fs::absolute(path).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();  // "data/packed/novels/"
  return whole.parent_path() / ("." + whole.filename().string() + ".lock");
}

}  // namespace gistmill::files
