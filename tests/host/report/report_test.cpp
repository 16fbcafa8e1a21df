// The report of a run folder, from files to file.
#include "host/report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "host/diagnostic/failure.hpp"
#include "host/files/text_file.hpp"
#include "tests/host/report/scratch_folder.hpp"

namespace gistmill {
namespace {

using testing::HasSubstr;

TEST(Report, IsWrittenFromAnEmptyFolder) {
  const ScratchFolder folder;
  write_report(folder.path());
  EXPECT_THAT(read_text_file(folder / "report.html"), HasSubstr("no result yet"));
}

TEST(Report, IsWrittenFromWhatACrashLeft) {
  const ScratchFolder folder;
  std::ofstream(folder / "events.jsonl")
      << R"({"event":"step","time":1,"stage":"train","step":1,"steps":9,"loss":2.5})"
      << "\n{\"event\":\"st";
  write_report(folder.path());
  EXPECT_THAT(read_text_file(folder / "report.html"), HasSubstr("train: 1 of 9 steps, loss 2.500 at step 1"));
}

TEST(Report, ReplacesAnOlderOne) {
  const ScratchFolder folder;
  std::ofstream(folder / "report.html") << "old";
  write_report(folder.path());
  EXPECT_THAT(read_text_file(folder / "report.html"), testing::StartsWith("<!DOCTYPE html>"));
}

TEST(Report, RefusesAFolderThatIsNotThere) {
  const ScratchFolder folder;
  EXPECT_THROW(write_report(folder / "nowhere"), Failure);
}

TEST(Report, NamesAFileThatCannotBeRead) {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "events.jsonl");
  try {
    write_report(folder.path());
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("events.jsonl: cannot be read"));
  }
}

}  // namespace
}  // namespace gistmill
