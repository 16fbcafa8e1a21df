// The C library's names for system calls, each in front of the call itself.
#undef _FORTIFY_SOURCE  // it would have bodies of its own for some of them

#include "tests/sdk/files/failing_calls.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <ostream>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace gistmill::testing {
namespace {

std::atomic<FailingCalls*> watch{nullptr};
std::atomic<int> folder_sync_error{0};

bool is_folder(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
}

// Open to be written, and found in a folder by some name.
bool is_kept(int file) {
  struct stat status {};
  return (::fcntl(file, F_GETFL) & O_ACCMODE) != O_RDONLY && ::fstat(file, &status) == 0 &&
         status.st_nlink > 0;
}

template <class Where>
bool fails(Where where) {
  FailingCalls* const now = watch;
  return now != nullptr && now->concerns(where) && now->fails();
}

// The C library's own, for what is more than one system call.
template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << (fault.error == EIO ? "EIO" : "ENOSPC") << (fault.lasting ? " from then on" : " once");
}

FailingCalls::FailingCalls(const std::filesystem::path& folder, int call, Fault fault)
    : folder_(std::filesystem::absolute(folder).lexically_normal().string()), call_(call), fault_(fault) {
  watch = this;
}

FailingCalls::~FailingCalls() { watch = nullptr; }

bool FailingCalls::fails() {
  const int number = seen_++;
  if (call_ == kNone || number < call_ || (number > call_ && !fault_.lasting)) return false;
  errno = fault_.error;
  return true;
}

bool FailingCalls::concerns(const char* path) const {
  std::error_code unknown;
  const std::string name = std::filesystem::absolute(path, unknown).lexically_normal().string();
  return name.compare(0, folder_.size(), folder_) == 0 &&
         (name.size() == folder_.size() || name[folder_.size()] == '/');
}

// A file without a name has one here too: "/folder/#17 (deleted)".
bool FailingCalls::concerns(int file) const {
  char target[4096] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  return ::readlink(link.c_str(), target, sizeof target - 1) > 0 && concerns(target);
}

void fail_folder_syncs(int error) { folder_sync_error = error; }

}  // namespace gistmill::testing

using gistmill::testing::fails;

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const mode_t mode = makes ? va_arg(more, mode_t) : 0;
  va_end(more);
  return fails(path) ? -1 : static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
int open64(const char* path, int flags, ...) {
  std::va_list more;
  va_start(more, flags);
  const bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const mode_t mode = makes ? va_arg(more, mode_t) : 0;
  va_end(more);
  return ::open(path, flags, mode);
}
std::FILE* fopen(const char* path, const char* mode) {
  return fails(path) ? nullptr : gistmill::testing::next<decltype(fopen)>("fopen")(path, mode);
}
std::FILE* fopen64(const char* path, const char* mode) { return ::fopen(path, mode); }

ssize_t read(int file, void* data, size_t size) {
  return fails(file) ? -1 : ::syscall(SYS_read, file, data, size);
}
ssize_t pread(int file, void* data, size_t size, off_t at) {
  return fails(file) ? -1 : ::syscall(SYS_pread64, file, data, size, at);
}
ssize_t pread64(int file, void* data, size_t size, off_t at) { return ::pread(file, data, size, at); }
ssize_t write(int file, const void* data, size_t size) {
  return fails(file) ? -1 : ::syscall(SYS_write, file, data, size);
}
ssize_t writev(int file, const iovec* pieces, int count) {
  return fails(file) ? -1 : ::syscall(SYS_writev, file, pieces, count);
}
ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  return fails(file) ? -1 : ::syscall(SYS_pwrite64, file, data, size, at);
}
ssize_t pwrite64(int file, const void* data, size_t size, off_t at) { return ::pwrite(file, data, size, at); }

int fsync(int file) {
  if (gistmill::testing::folder_sync_error != 0 && gistmill::testing::is_folder(file)) {
    errno = gistmill::testing::folder_sync_error;
    return -1;
  }
  return fails(file) ? -1 : 0;  // without waiting for the disk: no test cuts its power
}
int fdatasync(int file) { return fails(file) ? -1 : 0; }
// Of a file that was written: it may be the first to say that the bytes did not arrive. Closed all the same.
int close(int file) {
  const bool failed = gistmill::testing::is_kept(file) && fails(file);
  const int error = errno;
  const auto answer = static_cast<int>(::syscall(SYS_close, file));
  if (!failed) return answer;
  errno = error;
  return -1;
}

int ftruncate(int file, off_t size) noexcept {
  return fails(file) ? -1 : static_cast<int>(::syscall(SYS_ftruncate, file, size));
}
int ftruncate64(int file, off_t size) noexcept { return ::ftruncate(file, size); }
int posix_fallocate(int file, off_t at, off_t size) {
  return fails(file) ? errno
                     : gistmill::testing::next<decltype(posix_fallocate)>("posix_fallocate")(file, at, size);
}
int posix_fallocate64(int file, off_t at, off_t size) { return ::posix_fallocate(file, at, size); }

int mkdir(const char* path, mode_t mode) noexcept {
  return fails(path) ? -1 : static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}
int rename(const char* from, const char* to) noexcept {
  return fails(to) ? -1 : static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  return fails(to) ? -1 : static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}
}
