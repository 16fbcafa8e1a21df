// Specification of folders in the making: there as a whole, or not there.
#include <gistmill/files/new_folder.hpp>

#include <gtest/gtest.h>

#include <cerrno>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/transfer.hpp>

#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::files {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

class NewFolders : public ::testing::Test {
 protected:
  void make(const std::string& text, NewFolder::Taken taken) const {
    NewFolder folder(path_, taken);
    write_file(folder.path() / "weights", text);
    folder.commit();
  }

  gistmill::testing::ScratchFolder around_;
  const fs::path path_ = around_ / "folder";
};

TEST_F(NewFolders, AreInvisibleUntilCommitted) {
  NewFolder folder(path_);
  write_file(folder.path() / "weights", "w");
  EXPECT_FALSE(fs::exists(path_));
  folder.commit();
  EXPECT_EQ(read_all(path_ / "weights"), "w");
  EXPECT_EQ(around_.names(), Names{"folder"});
}

TEST_F(NewFolders, LeaveNothingWhereDroppedBeforeCommit) {
  for (const auto taken : {NewFolder::Taken::refuse, NewFolder::Taken::replace}) {
    { write_file(NewFolder(path_, taken).path() / "weights", "w"); }
    EXPECT_EQ(around_.names(), Names{});
  }
}

TEST_F(NewFolders, AreNamedInErrorsAsTheyWillBeCalled) {
  NewFolder folder(path_);
  const std::string name = path_.string(), file = (folder.path() / "weights").string();
  EXPECT_EQ(folder.with_final_name("cannot copy " + file + " to " + file + ".old: no space left"),
            "cannot copy " + name + "/weights to " + name + "/weights.old: no space left");
  EXPECT_EQ(folder.with_final_name("no space left"), "no space left");
  folder.commit();
  EXPECT_EQ(folder.with_final_name("cannot read " + name), "cannot read " + name);
}

TEST_F(NewFolders, TakeThePlaceOfAnEmptyFolder) {
  fs::create_directory(path_);
  NewFolder folder(around_ / "folder/");
  folder.commit();
  EXPECT_EQ(around_.names(), Names{"folder"});
}

TEST_F(NewFolders, NeverTouchWhatIsThereAlready) {
  make("old", NewFolder::Taken::refuse);
  try {
    make("new", NewFolder::Taken::refuse);
    ADD_FAILURE() << "a folder with something in it was taken";
  } catch (const FileError& error) {
    EXPECT_EQ(error.error, EEXIST);
    EXPECT_EQ(error.what(), "cannot make " + path_.string() + ": file exists");
    EXPECT_EQ(error.note, "give another name or remove it");
  }
  EXPECT_EQ(read_all(path_ / "weights"), "old");
  EXPECT_EQ(around_.names(), Names{"folder"});
}

TEST_F(NewFolders, DoNotTakeAPlaceThatWasFilledMeanwhile) {
  NewFolder folder(path_);
  write_file(folder.path() / "weights", "late");
  make("early", NewFolder::Taken::refuse);
  EXPECT_THROW(folder.commit(), FileError);
  EXPECT_EQ(read_all(path_ / "weights"), "early");
}

TEST_F(NewFolders, ReplaceAnOlderOneWhereAsked) {
  make("old", NewFolder::Taken::replace);
  write_file(path_ / "beside", "gone with it");
  make("new", NewFolder::Taken::replace);
  EXPECT_EQ(read_all(path_ / "weights"), "new");
  EXPECT_FALSE(fs::exists(path_ / "beside"));
  EXPECT_EQ(around_.names(), Names{"folder"});
}

TEST_F(NewFolders, ClearAwayWhatAKilledWriterLeft) {
  fs::create_directories(around_ / ".folder.tmp" / "half");
  make("new", NewFolder::Taken::replace);
  EXPECT_FALSE(fs::exists(path_ / "half"));
  EXPECT_EQ(around_.names(), Names{"folder"});
}

TEST_F(NewFolders, BringTheFoldersAroundThem) {
  NewFolder folder(around_ / "a" / "b" / "folder");
  folder.commit();
  EXPECT_TRUE(fs::is_directory(around_ / "a" / "b" / "folder"));
}

TEST_F(NewFolders, SayWhereNoFolderCanBe) {
  write_file(around_ / "file", "");
  const fs::path path = around_ / "file" / "folder";
  try {
    const NewFolder folder(path);
    ADD_FAILURE() << "made in a file";
  } catch (const FileError& error) {
    EXPECT_EQ(error.what(), "cannot make " + path.string() + ": not a directory");
  }
}

}  // namespace
}  // namespace gistmill::files
