// What the system may do and tests cannot ask of it: calls that a signal interrupts, that move one byte at a
// time, and a network disk that cannot sync folders. A program of its own, for it puts its system calls
// before the C library's.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/new_folder.hpp>
#include <gistmill/files/transfer.hpp>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace {

bool disturbed = false;  // every other call is interrupted, and the others move one byte
int calls = 0;
int folder_sync_error = 0;

// -1: interrupted; else the bytes to move.
ssize_t allowed(size_t size) {
  if (!disturbed || size == 0) return static_cast<ssize_t>(size);
  if (++calls % 2 == 1) {
    errno = EINTR;
    return -1;
  }
  return 1;
}

bool is_folder(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

extern "C" {
ssize_t pread(int fd, void* data, size_t size, off_t at) {
  const ssize_t now = allowed(size);
  return now < 0 ? -1 : ::syscall(SYS_pread64, fd, data, now, at);
}
ssize_t pread64(int fd, void* data, size_t size, off_t at) { return ::pread(fd, data, size, at); }
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  const ssize_t now = allowed(size);
  return now < 0 ? -1 : ::syscall(SYS_pwrite64, fd, data, now, at);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off_t at) { return ::pwrite(fd, data, size, at); }
ssize_t read(int fd, void* data, size_t size) {
  const ssize_t now = allowed(size);
  return now < 0 ? -1 : ::syscall(SYS_read, fd, data, now);
}
ssize_t write(int fd, const void* data, size_t size) {
  const ssize_t now = allowed(size);
  return now < 0 ? -1 : ::syscall(SYS_write, fd, data, now);
}
int fsync(int fd) {
  if (folder_sync_error == 0 || !is_folder(fd)) return static_cast<int>(::syscall(SYS_fsync, fd));
  errno = folder_sync_error;
  return -1;
}
}

namespace gistmill::files {
namespace {

class SystemCalls : public ::testing::Test {
 protected:
  ~SystemCalls() override {
    disturbed = false;
    folder_sync_error = 0;
  }
  gistmill::testing::ScratchFolder folder_;
};

TEST_F(SystemCalls, ThatAreInterruptedOrMoveLittleAreRepeated) {
  disturbed = true;
  const std::string bytes = "all of it, whatever happens";
  write_file(folder_ / "file", bytes);
  EXPECT_EQ(read_all(folder_ / "file"), bytes);
  const Descriptor file = unnamed_file(folder_ / "file");
  EXPECT_EQ(write_at(file.get(), bytes.data(), bytes.size(), 3).error, 0);
  std::string back(bytes.size() + 10, '\0');
  const Transferred got = read_at(file.get(), back.data(), back.size(), 3);
  disturbed = false;
  EXPECT_EQ(got.error, 0);
  EXPECT_EQ(back.substr(0, got.bytes), bytes);
}

TEST_F(SystemCalls, OfANetworkDiskThatSyncsNoFoldersAreNoFailures) {
  for (const int error : {EINVAL, ENOTSUP}) {
    folder_sync_error = error;
    write_file(folder_ / "file", "x");
    NewFolder made(folder_ / ("folder" + std::to_string(error)));
    EXPECT_NO_THROW(made.commit());
    EXPECT_EQ(sync_folder(folder_.path()), 0);
  }
}

TEST_F(SystemCalls, ThatFailToSyncAFolderOtherwiseAreFailures) {
  folder_sync_error = EIO;
  EXPECT_THROW(write_file(folder_ / "file", "x"), FileError);
  EXPECT_THROW(NewFolder(folder_ / "folder").commit(), FileError);
}

}  // namespace
}  // namespace gistmill::files
