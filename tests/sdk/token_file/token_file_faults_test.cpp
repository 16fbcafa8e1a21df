// Every system call of a commit fails once, the n-th of them in the n-th attempt: each time an error in
// words, nothing left in the folder, an older file untouched, and HDF5 able to go on (and to end) without a
// crash.
#include <gistmill/formats/token_file.hpp>

#include <gmock/gmock.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace {

int calls_until_fault = -1;  // negative: no fault; counts down
bool stays_broken = false;   // all later calls fail too
int folder_sync_error = 0;   // what a network disk says that cannot sync folders

// Files in memory have no fault: nothing on a disk fails there.
bool in_memory(int fd) {
  char target[64] = {};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  return ::readlink(link.c_str(), target, sizeof target - 1) > 0 &&
         std::string_view(target).starts_with("/memfd:");
}

bool fails_now(int fd = -1) {
  if (calls_until_fault < 0 || in_memory(fd)) return false;
  if (calls_until_fault == 0) {
    if (!stays_broken) calls_until_fault = -1;
    errno = EIO;
    return true;
  }
  --calls_until_fault;
  return false;
}

}  // namespace

// These stand before the C library's for this program and the shared libraries in it.
extern "C" {
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  return fails_now(fd) ? -1 : ::syscall(SYS_pwrite64, fd, data, size, at);
}
ssize_t write(int fd, const void* data, size_t size) {
  return fails_now(fd) ? -1 : ::syscall(SYS_write, fd, data, size);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off_t at) { return ::pwrite(fd, data, size, at); }
int ftruncate(int fd, off_t size) noexcept {
  return fails_now(fd) ? -1 : static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}
int ftruncate64(int fd, off_t size) noexcept { return ::ftruncate(fd, size); }
int fsync(int fd) {
  struct stat status {};
  if (folder_sync_error != 0 && ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    errno = folder_sync_error;
    return -1;
  }
  return fails_now() ? -1 : static_cast<int>(::syscall(SYS_fsync, fd));
}
int rename(const char* from, const char* to) noexcept {
  return fails_now() ? -1 : static_cast<int>(::syscall(SYS_rename, from, to));
}
int posix_fallocate(int fd, off_t, off_t size) {  // as on a file system that promises nothing
  return fails_now() ? errno : static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}
int posix_fallocate64(int fd, off_t at, off_t size) { return ::posix_fallocate(fd, at, size); }
}

namespace gistmill::formats {
namespace {

using gistmill::testing::ScratchFolder;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void write(const std::filesystem::path& path, const char* name) {
  TokenFileWriter writer(path, "{}");
  const std::vector<std::int32_t> ids(40000, 7);
  for (int i = 0; i < 3; ++i) writer.append(ids.data(), ids.size(), name, 0);
  writer.commit();
}

int faults_survived(bool persistent) {
  const ScratchFolder folder;
  write(folder / "x.h5", "old");
  for (int call = 0;; ++call) {
    calls_until_fault = call;
    stays_broken = persistent;
    try {
      write(folder / "x.h5", "new");
      const bool all_calls_passed = calls_until_fault >= 0;
      calls_until_fault = -1;
      EXPECT_TRUE(all_calls_passed) << "a failure of call " << call << " went unnoticed";
      EXPECT_EQ(TokenFileReader(folder / "x.h5").name(0), "new");
      return call;
    } catch (const WriteError& error) {
      calls_until_fault = -1;
      EXPECT_THAT(error.what(), HasSubstr((folder / "x.h5").string() + ": input/output error")) << call;
    }
    EXPECT_THAT(folder.names(), ElementsAre("x.h5")) << call;
    const TokenFileReader file(folder / "x.h5");
    EXPECT_NO_THROW(file.verify()) << call;
    EXPECT_THAT(file.name(0), AnyOf("old", "new")) << call;
  }
}

TEST(TokenFileFaults, AnyCallThatFailsOnceIsReportedAndLeavesAWholeFile) {
  EXPECT_GT(faults_survived(false), 6);
}

TEST(TokenFileFaults, AnyCallFromWhichOnAllFailIsReportedAndLeavesAWholeFile) {
  EXPECT_GT(faults_survived(true), 6);
}

TEST(TokenFileFaults, ANetworkDiskThatCannotSyncFoldersTakesTheFileAllTheSame) {
  const ScratchFolder folder;
  for (const int error : {EINVAL, ENOTSUP}) {
    folder_sync_error = error;
    EXPECT_NO_THROW(write(folder / "x.h5", "new"));
    EXPECT_EQ(TokenFileReader(folder / "x.h5").name(0), "new");
  }
  folder_sync_error = EIO;
  EXPECT_THROW(write(folder / "x.h5", "newer"), WriteError);
  folder_sync_error = 0;
}

}  // namespace
}  // namespace gistmill::formats
