// Specification of files in the making: the old contents or the new ones, never a part, never a leftover.
#include <gistmill/files/new_file.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <gistmill/files/error.hpp>
#include <gistmill/files/transfer.hpp>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::files {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

class NewFiles : public ::testing::Test {
 protected:
  template <class Action>
  static FileError refusal(Action action) {
    try {
      action();
    } catch (const FileError& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was refused";
    return {"do", "nothing", 0};
  }

  gistmill::testing::ScratchFolder folder_;
  const fs::path path_ = folder_ / "file";
};

TEST_F(NewFiles, HoldExactlyTheBytesGiven) {
  const std::string bytes("a\0b\xff\n", 5);
  write_file(path_, bytes);
  EXPECT_EQ(read_all(path_), bytes);
  EXPECT_EQ(folder_.names(), Names{"file"});
}

TEST_F(NewFiles, ReplaceOlderContents) {
  write_file(path_, "old and longer");
  write_file(path_, "new");
  EXPECT_EQ(read_all(path_), "new");
  EXPECT_EQ(folder_.names(), Names{"file"});
}

TEST_F(NewFiles, MayBeEmpty) {
  write_file(path_, "");
  EXPECT_EQ(read_all(path_), "");
}

TEST_F(NewFiles, AreInvisibleUntilCommitted) {
  NewFile file(path_);
  file.write("one ");
  file.write("two");
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_EQ(file.written(), 7u);
  file.commit();
  EXPECT_EQ(read_all(path_), "one two");
  EXPECT_EQ(folder_.names(), Names{"file"});
}

TEST_F(NewFiles, LeaveNothingWhereDroppedBeforeCommit) {
  write_file(path_, "old");
  { NewFile(path_).write("half"); }
  EXPECT_EQ(read_all(path_), "old");
  EXPECT_EQ(folder_.names(), Names{"file"});
}

TEST_F(NewFiles, TwoAtOnceDoNotMeet) {
  NewFile first(path_);
  NewFile second(path_);
  first.write("first");
  second.write("second");
  second.commit();
  first.commit();
  EXPECT_EQ(read_all(path_), "first");
}

TEST_F(NewFiles, PassOverWhatAKilledProcessLeftBehind) {
  // The numbers that this process will use next are not known here, so occupy a range of them.
  std::vector<fs::path> leftovers;
  for (int number = 0; number < 200; ++number) {
    leftovers.push_back(folder_ /
                        (".gistmill-" + std::to_string(::getpid()) + "-" + std::to_string(number) + ".tmp"));
    std::ofstream(leftovers.back()) << "left";
  }
  write_file(path_, "new");
  EXPECT_EQ(read_all(path_), "new");
  for (const fs::path& leftover : leftovers) EXPECT_EQ(read_all(leftover), "left");
}

TEST_F(NewFiles, SayThatTheFolderIsMissing) {
  const fs::path path = folder_ / "absent" / "file";
  const FileError error = refusal([&] { write_file(path, "x"); });
  EXPECT_EQ(error.what(), "cannot create a file for " + path.string() + ": no such file or directory");
  EXPECT_EQ(error.error, ENOENT);
  EXPECT_EQ(error.note, "");
}

TEST_F(NewFiles, SayThatAFolderStandsInTheWayAndLeaveNothing) {
  fs::create_directory(path_);
  EXPECT_EQ(refusal([&] { write_file(path_, "x"); }).what(),
            "cannot replace " + path_.string() + ": is a directory");
  EXPECT_EQ(folder_.names(), Names{"file"});
}

// A file-size limit gives what a full disk gives: first a short write, then an error.
TEST_F(NewFiles, KeepTheOldContentsWhereTheDiskTakesOnlyAPart) {
  write_file(path_, "old");
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const FileError error = refusal([&] { write_file(path_, std::string(1500, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.what(), "cannot write " + path_.string() + ": file too large");
  EXPECT_EQ(read_all(path_), "old");
  EXPECT_EQ(folder_.names(), Names{"file"});
}

TEST_F(NewFiles, GiveBackTheRoomThatTheyTookAndDidNotNeed) {
  for (const bool durable : {true, false}) {
    NewFile file(path_);
    file.reserve(100000);
    file.write("short");
    durable ? file.commit() : file.publish();
    EXPECT_EQ(read_all(path_), "short");
  }
  EXPECT_EQ(folder_.names(), Names{"file"});
}

TEST_F(NewFiles, WithoutANameLeaveNothingInTheFolder) {
  const Descriptor file = unnamed_file(path_);
  EXPECT_EQ(folder_.names(), Names{});
  EXPECT_EQ(write_at(file.get(), "abc", 3, 0).error, 0);
  std::string back(3, '\0');
  EXPECT_EQ(read_at(file.get(), back.data(), 3, 0).bytes, 3u);
  EXPECT_EQ(back, "abc");
}

}  // namespace
}  // namespace gistmill::files
