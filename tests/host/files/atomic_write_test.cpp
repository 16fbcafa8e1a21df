// Specification of atomic files: the old contents or the new ones, never a part, never a leftover.
#include "host/files/atomic_write.hpp"

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/diagnostic/failure.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

class AtomicFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  template <class Action>
  static std::string failure_of(Action action) {
    try {
      action();
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::failed);
      return failure.what();
    }
    return "no failure";
  }

  fs::path folder_;
};

TEST_F(AtomicFiles, HoldExactlyTheBytesGiven) {
  const std::string bytes("a\0b\xff\n", 5);
  write_file_atomically(folder_ / "file", bytes);
  EXPECT_EQ(contents(folder_ / "file"), bytes);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFiles, ReplaceOlderContents) {
  write_file_atomically(folder_ / "file", "old and longer");
  write_file_atomically(folder_ / "file", "new");
  EXPECT_EQ(contents(folder_ / "file"), "new");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFiles, MayBeEmpty) {
  write_file_atomically(folder_ / "file", "");
  EXPECT_TRUE(fs::exists(folder_ / "file"));
  EXPECT_EQ(contents(folder_ / "file"), "");
}

TEST_F(AtomicFiles, AreInvisibleUntilCommitted) {
  AtomicFile file(folder_ / "file");
  file.write("one ");
  file.write("two");
  EXPECT_FALSE(fs::exists(folder_ / "file"));
  EXPECT_EQ(file.written(), 7u);
  file.commit();
  EXPECT_EQ(contents(folder_ / "file"), "one two");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFiles, LeaveNothingWhereDroppedBeforeCommit) {
  write_file_atomically(folder_ / "file", "old");
  { AtomicFile(folder_ / "file").write("half"); }
  EXPECT_EQ(contents(folder_ / "file"), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFiles, TwoAtOnceDoNotMeet) {
  AtomicFile first(folder_ / "file");
  AtomicFile second(folder_ / "file");
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  EXPECT_EQ(contents(folder_ / "file"), "first");
}

TEST_F(AtomicFiles, PassOverWhatAKilledProcessLeftBehind) {
  // The numbers that this process will use next are not known here, so occupy a range of them.
  std::vector<fs::path> leftovers;
  for (int number = 0; number < 200; ++number) {
    leftovers.push_back(folder_ /
                        (".gistmill-" + std::to_string(::getpid()) + "-" + std::to_string(number) + ".tmp"));
    std::ofstream(leftovers.back()) << "left";
  }
  write_file_atomically(folder_ / "file", "new");
  EXPECT_EQ(contents(folder_ / "file"), "new");
  for (const fs::path& leftover : leftovers) EXPECT_EQ(contents(leftover), "left");
}

TEST_F(AtomicFiles, SayThatTheFolderIsMissing) {
  const fs::path path = folder_ / "absent" / "file";
  EXPECT_EQ(failure_of([&] { write_file_atomically(path, "x"); }),
            "cannot create a file for " + path.string() + ": no such file or directory");
}

TEST_F(AtomicFiles, SayThatAFolderStandsInTheWayAndLeaveNothing) {
  fs::create_directory(folder_ / "file");
  EXPECT_EQ(failure_of([&] { write_file_atomically(folder_ / "file", "x"); }),
            "cannot replace " + (folder_ / "file").string() + ": is a directory");
  EXPECT_EQ(entries(), 1u);
}

// A file-size limit gives what a full disk gives: first a short write, then an error.
TEST_F(AtomicFiles, KeepTheOldContentsWhereTheDiskTakesOnlyAPart) {
  write_file_atomically(folder_ / "file", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string text =
        failure_of([&] { write_file_atomically(folder_ / "file", std::string(1500, 'x')); });
    ::_exit(text == "cannot write " + (folder_ / "file").string() + ": file too large" ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(contents(folder_ / "file"), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFiles, GiveBackTheRoomThatTheyTookAndDidNotNeed) {
  for (const bool durable : {true, false}) {
    AtomicFile file(folder_ / "file");
    file.reserve(100000);
    file.write("short");
    durable ? file.commit() : file.publish();
    EXPECT_EQ(contents(folder_ / "file"), "short");
  }
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFiles, PublishAFolderUnderItsFinalName) {
  fs::create_directory(folder_ / "step-10.tmp");
  write_file_atomically(folder_ / "step-10.tmp" / "weights", "w");
  publish_folder(folder_ / "step-10.tmp", folder_ / "step-10");
  EXPECT_EQ(contents(folder_ / "step-10" / "weights"), "w");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFiles, PublishNeverOverwritesAFolder) {
  for (const char* name : {"new", "old"}) {
    fs::create_directory(folder_ / name);
    write_file_atomically(folder_ / name / "weights", name);
  }
  EXPECT_EQ(failure_of([&] { publish_folder(folder_ / "new", folder_ / "old"); }),
            "cannot publish " + (folder_ / "new").string() + " as " + (folder_ / "old").string() +
                ": directory not empty");
  EXPECT_EQ(contents(folder_ / "old" / "weights"), "old");
  EXPECT_EQ(contents(folder_ / "new" / "weights"), "new");
}

TEST_F(AtomicFiles, PublishSaysThatTheFolderIsMissing) {
  EXPECT_EQ(failure_of([&] { publish_folder(folder_ / "absent", folder_ / "final"); }),
            "cannot publish " + (folder_ / "absent").string() + " as " + (folder_ / "final").string() +
                ": no such file or directory");
}

}  // namespace
}  // namespace gistmill
