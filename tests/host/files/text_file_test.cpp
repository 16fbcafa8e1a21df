// Specification of whole files in the host: what the SDK's files refuse is a failure of the program.
#include "host/files/text_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "host/files/file_failure.hpp"
#include "tests/sdk/token_file/scratch_folder.hpp"

namespace gistmill {
namespace {

namespace fs = std::filesystem;

class TextFiles : public ::testing::Test {
 protected:
  TextFiles() { fs::remove_all(path_); }
  ~TextFiles() override { fs::remove_all(path_); }

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

  const gistmill::testing::ScratchFolder scratch_;
  const fs::path path_ = scratch_ / "text_file";
};

TEST_F(TextFiles, GiveBackWhatWasWritten) {
  EXPECT_EQ(read_text_file_if_there(path_), std::nullopt);
  const std::string bytes("a\0b\xff\n", 5);
  write_file_atomically(path_, bytes);
  EXPECT_EQ(read_text_file(path_), bytes);
  EXPECT_EQ(read_text_file_if_there(path_), bytes);
}

TEST_F(TextFiles, SayWhyTheyCannotBeReadOrWritten) {
  EXPECT_EQ(failure_of([&] { read_text_file(path_); }),
            "cannot read " + path_.string() + ": no such file or directory");
  fs::create_directory(path_);
  EXPECT_EQ(failure_of([&] { read_text_file(path_); }), "cannot read " + path_.string() + ": is a directory");
  EXPECT_EQ(failure_of([&] { write_file_atomically(path_, "x"); }),
            "cannot replace " + path_.string() + ": is a directory");
}

TEST_F(TextFiles, SayWhatHelps) {
  const std::string text = failure_of(
      [] { or_failure([] { throw files::FileError("write", "big", ENOSPC, "it needs 8 bytes or more"); }); });
  EXPECT_EQ(text, "cannot write big: no space left on device\n  it needs 8 bytes or more");
}

}  // namespace
}  // namespace gistmill
