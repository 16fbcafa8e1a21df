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

TEST(Report, ListsWhatMonitorsDecidedAndSaysWhichOneEndedTheRun) {
  const ScratchFolder folder;
  const std::string decision = R"({"event":"decision","time":1,"stage":"train","step":1,"monitor":"early",)";
  std::ofstream(folder / "events.jsonl")
      << R"({"event":"step","time":1,"stage":"train","step":1,"steps":9,"loss":2.5})"
      << "\n"
      << decision << R"("action":"skip","reason":"a < b"})"
      << "\n"
      << decision << R"("action":"stop","reason":"it rises"})"
      << "\n";
  write_report(folder.path());
  const std::string page = read_text_file(folder / "report.html");
  EXPECT_THAT(page, HasSubstr("2 decisions of monitors"));
  EXPECT_THAT(page, HasSubstr("<li>early said skip at step 1: a &lt; b</li>"));
  EXPECT_THAT(page, HasSubstr("Ended by a monitor: early said stop at step 1: it rises."));
}

// A line as programs wrote it before figures were described.
TEST(Report, IsMadeOfAnEventOfBeforeFiguresWereDescribed) {
  const ScratchFolder folder;
  std::ofstream(folder / "events.jsonl")
      << R"({"event":"evaluation","time":1,"stage":"","step":9,"name":"heldout","reference":"dropped",)"
      << R"("paired":"last 1","headline":"delta_nll.32","items":"spans","entries":[)"
      << R"({"variant":"last 1","figure":"delta_nll.32","trained":false,"mean":0.31,"standard_error":0.02,)"
      << R"("n":512,"documents":64,"recovered":0.4,"recovered_standard_error":0.03},)"
      << R"({"variant":"contextual","figure":"delta_nll.32","trained":true,"mean":0.25,"standard_error":0.02,)"
      << R"("n":512,"documents":64,"recovered":0.5,"recovered_standard_error":0.03,"paired":-0.06,)"
      << R"("paired_standard_error":0.01}]})"
      << "\n";
  write_report(folder.path());
  const std::string page = read_text_file(folder / "report.html");
  EXPECT_THAT(page, HasSubstr("contextual beats last 1 by 0.060 at 32, 6.0 standard errors"));
  EXPECT_THAT(page, HasSubstr("512 spans of 64 documents"));
  EXPECT_THAT(page, HasSubstr("lower is better"));
  EXPECT_THAT(page, HasSubstr("0.250 <span class='error'>(0.020)</span>"));
}

TEST(Report, LeavesOutAPlanThatIsNone) {
  const ScratchFolder folder;
  std::ofstream(folder / "plan.json") << "{}";
  write_report(folder.path());
  EXPECT_THAT(read_text_file(folder / "report.html"), HasSubstr("plan.json left out: it is no plan"));
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
    EXPECT_THAT(failure.what(), AllOf(HasSubstr("cannot read "), HasSubstr("events.jsonl: is a directory")));
  }
}

}  // namespace
}  // namespace gistmill
