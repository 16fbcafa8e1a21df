// A lock between processes: who has it, and that it goes with the process.
#include <gistmill/files/lock.hpp>

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gistmill/files/error.hpp>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::files {
namespace {

class LockTest : public ::testing::Test {
 protected:
  testing::ScratchFolder folder_;
  std::filesystem::path path_ = folder_ / ".packed.lock";
};

TEST_F(LockTest, HasOneHolderWhoseProcessItNames) {
  const std::optional<Lock> first = Lock::take(path_);
  ASSERT_TRUE(first);
  EXPECT_FALSE(Lock::take(path_));
  EXPECT_EQ(Lock::holder(path_), getpid());
}

TEST_F(LockTest, IsGivenBackWithItsFile) {
  { const std::optional<Lock> first = Lock::take(path_); }
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(Lock::holder(path_), 0);
  EXPECT_TRUE(Lock::take(path_));
}

TEST_F(LockTest, GoesWithAProcessThatIsKilled) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t other = fork();
  if (other == 0) {
    const std::optional<Lock> taken = Lock::take(path_);
    const char answer = taken ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(Lock::take(path_));
  EXPECT_EQ(Lock::holder(path_), other);
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
  EXPECT_TRUE(Lock::take(path_)) << "the file that a killed process left is no lock";
  close(ready[0]);
  close(ready[1]);
}

TEST_F(LockTest, NeedsAFolder) { EXPECT_THROW(Lock::take(folder_ / "none/.x.lock"), FileError); }

TEST_F(LockTest, OfAFolderLiesBesideIt) {
  EXPECT_EQ(lock_beside("/data/packed/novels"), "/data/packed/.novels.lock");
  EXPECT_EQ(lock_beside("/data/packed/novels/"), "/data/packed/.novels.lock");
  EXPECT_EQ(lock_beside("novels").parent_path(), std::filesystem::current_path());
}

}  // namespace
}  // namespace gistmill::files
