// Files and folders in the making where every system call fails in turn: the old contents or the new, a
// message with the path and the system's reason, nothing beside.
#include <gmock/gmock.h>

#include <cerrno>
#include <functional>
#include <string>

#include <gistmill/files/error.hpp>
#include <gistmill/files/new_file.hpp>
#include <gistmill/files/new_folder.hpp>
#include <gistmill/files/transfer.hpp>

#include "tests/sdk/files/failing_calls.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill::files {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using testing::FailingCalls;
using testing::Fault;
using ::testing::HasSubstr;
using Names = std::set<std::string>;

class FileFaults : public ::testing::TestWithParam<Fault> {
 protected:
  using Write = std::function<void(const std::string&)>;

  // `write` puts a text where `where` is read. Every call of it fails once; answers how many there are.
  int let_every_call_fail(const fs::path& where, const Write& write) const {
    for (int call = 0;; ++call) {
      SCOPED_TRACE(call);
      write("old");
      const bool failed = fails(call, [&] { write("new"); });
      EXPECT_EQ(around_.names(), Names{"it"});
      EXPECT_THAT(read_all(where), AnyOf("old", "new"));
      if (failed) continue;
      EXPECT_EQ(read_all(where), "new");
      return call;
    }
  }

  bool fails(int call, const std::function<void()>& body) const {
    const FailingCalls calls(around_.path(), call, GetParam());
    try {
      body();
    } catch (const FileError& error) {
      EXPECT_EQ(error.error, GetParam().error) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(where_.string()));
      return true;
    }
    EXPECT_LE(calls.seen(), call) << "a failure went unnoticed";
    return false;
  }

  testing::ScratchFolder around_;
  const fs::path path_ = around_ / "it";
  fs::path where_ = path_;  // what errors name
};

// A file of a folder in the making is named where it lies at that moment.
class FolderFaults : public FileFaults {
 protected:
  FolderFaults() { where_ = around_.path(); }
};

TEST_P(FileFaults, LeaveAnOldFileOrANewOne) {
  // open, write, fsync, close, rename; open and fsync of the folder
  EXPECT_EQ(let_every_call_fail(path_, [&](const std::string& text) { write_file(path_, text); }), 7);
}

TEST_P(FileFaults, LeaveAnOldFileOrANewOneThatWaitsForNoDisk) {
  // open, posix_fallocate, write, ftruncate, close, rename
  EXPECT_EQ(let_every_call_fail(path_,
                                [&](const std::string& text) {
                                  NewFile file(path_);
                                  file.reserve(1000);
                                  file.write(text);
                                  file.publish();
                                }),
            6);
}

TEST_P(FolderFaults, LeaveAnOldFolderOrANewOne) {
  EXPECT_GT(let_every_call_fail(path_ / "text",
                                [&](const std::string& text) {
                                  NewFolder folder(path_, NewFolder::Taken::replace);
                                  write_file(folder.path() / "text", text);
                                  folder.commit();
                                }),
            10);
}

// The first of its name: until all is done there is none, or it is whole.
TEST_P(FolderFaults, LeaveNoFolderOrAWholeOne) {
  for (int call = 0;; ++call) {
    SCOPED_TRACE(call);
    const bool failed = fails(call, [&] {
      NewFolder folder(path_);
      write_file(folder.path() / "text", "new");
      folder.commit();
    });
    if (fs::exists(path_)) {
      EXPECT_EQ(read_all(path_ / "text"), "new");
      fs::remove_all(path_);
    }
    EXPECT_EQ(around_.names(), Names{});
    if (failed) continue;
    EXPECT_GT(call, 10);
    break;
  }
}

const auto kFaults =
    ::testing::Values(Fault{ENOSPC, false}, Fault{EIO, false}, Fault{ENOSPC, true}, Fault{EIO, true});
INSTANTIATE_TEST_SUITE_P(All, FileFaults, kFaults);
INSTANTIATE_TEST_SUITE_P(All, FolderFaults, kFaults);

}  // namespace
}  // namespace gistmill::files
