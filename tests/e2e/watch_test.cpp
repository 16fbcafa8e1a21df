// gistmill watch beside a run that writes its events, at a terminal and off one.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/program.hpp"
#include "tests/e2e/pseudo_terminal.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Watch : public ProgramTest {
 protected:
  void append(const std::string& text) const {
    std::filesystem::create_directories(folder_ / "run");
    std::ofstream(folder_ / "run/events.jsonl", std::ios::app | std::ios::binary) << text;
  }
  static std::string started(bool resumed = false) {
    return std::string(
               R"({"event":"run_started","time":1000,"recipe":"r.toml","stages":[{"name":"only","steps":50}],"resumed":)") +
           (resumed ? "true}\n" : "false}\n");
  }
  static std::string step(int number) {
    return R"({"event":"step","time":)" + std::to_string(1000 + number) + R"(,"stage":"only","step":)" +
           std::to_string(number) + R"(,"steps":50,"loss":1.5,"seconds":1,"items":4})" + "\n";
  }
  static std::string finished() {
    return R"({"event":"run_finished","time":1099,"status":"finished","seconds":99})"
           "\n";
  }
  // `gistmill watch run` at a terminal.
  std::string watching(const std::string& locale = "C.UTF-8") const {
    return "env TERM=xterm LC_ALL=" + locale + " sh -c 'cd " + folder_.string() +
           " && exec " GISTMILL_BUILD_DIR "/bin/gistmill watch run'";
  }
};

TEST_F(Watch, SaysOnceWhereARunStandsOffATerminal) {
  append(started() + step(1) + step(2));
  const Answer answer = gistmill("watch run", "export LC_ALL=C;");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, StartsWith("run  running  2 s  (no event for "));
  EXPECT_THAT(answer.out, HasSubstr("\nonly     #.............................   4 %  2/50  48 s left\n"));
  EXPECT_THAT(answer.out, Not(HasSubstr("\x1b")));
}

TEST_F(Watch, AnswersAsJson) {
  append(started() + step(1) + step(2));
  const auto json = nlohmann::json::parse(gistmill("watch run --json").out);
  EXPECT_EQ(json["status"], "running");
  EXPECT_EQ(json["stages"][0]["step"], 2);
  EXPECT_EQ(json["seconds_left"], 48.0);
}

TEST_F(Watch, DrawsANewStepAndEndsWithTheRun) {
  append(started() + step(1));
  PseudoTerminal terminal(watching(), 60);
  EXPECT_TRUE(terminal.shows(" 1/50")) << terminal.seen();
  const std::string line = step(2);
  append(line.substr(0, 30));
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  append(line.substr(30));
  EXPECT_TRUE(terminal.shows(" 2/50")) << terminal.seen();
  append(step(3) + finished());
  EXPECT_EQ(terminal.finish(), 0);
  EXPECT_THAT(terminal.seen(), HasSubstr("run  finished  1:39 min"));
  EXPECT_THAT(terminal.seen(), HasSubstr(" 3/50"));
  EXPECT_THAT(terminal.seen(), HasSubstr("\x1b["));  // drawn over
}

TEST_F(Watch, FollowsARunThatIsResumed) {
  append(started() + step(1) + step(2) + step(3) + "{\"event\":\"st");
  PseudoTerminal terminal(watching(), 60);
  EXPECT_TRUE(terminal.shows(" 3/50")) << terminal.seen();
  const auto size = std::filesystem::file_size(folder_ / "run/events.jsonl");
  std::filesystem::resize_file(folder_ / "run/events.jsonl", size - 12);
  append(started(true) + step(2));
  EXPECT_TRUE(terminal.shows(" 2/50")) << terminal.seen();
  append(finished());
  EXPECT_EQ(terminal.finish(), 0);
}

TEST_F(Watch, EndsWithCtrlCAndLeavesTheRunAsItIs) {
  append(started() + step(1));
  PseudoTerminal terminal(watching(), 60);
  EXPECT_TRUE(terminal.shows(" 1/50")) << terminal.seen();
  terminal.type("\x03");
  EXPECT_EQ(terminal.finish(), 0);
  EXPECT_EQ(read(folder_ / "run/events.jsonl"), started() + step(1));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_ / "run"), {}), 1);
}

TEST_F(Watch, IsPlainAsciiWhereTheTerminalHasNothingElse) {
  append(started() + step(30) + finished());
  PseudoTerminal terminal(watching("C"), 60);
  EXPECT_EQ(terminal.finish(), 0);
  EXPECT_THAT(terminal.seen(), HasSubstr("###"));
  for (const char byte : terminal.seen()) EXPECT_GE(byte, 0) << terminal.seen();
}

TEST_F(Watch, FitsIntoFortyColumns) {
  append(started() + step(30) + finished());
  PseudoTerminal terminal(watching("C"), 40);
  EXPECT_EQ(terminal.finish(), 0);
  std::istringstream lines(terminal.seen());
  for (std::string line; std::getline(lines, line);) {
    std::erase(line, '\r');
    const std::size_t end = line.find('\x1b');
    EXPECT_LT(std::min(end, line.size()), 40u) << line;
  }
}

TEST_F(Watch, WaitsForTheFirstEvent) {
  std::filesystem::create_directories(folder_ / "run");
  PseudoTerminal terminal(watching(), 60);
  EXPECT_TRUE(terminal.shows("run  waiting")) << terminal.seen();
  append(started() + step(1) + finished());
  EXPECT_EQ(terminal.finish(), 0);
}

TEST_F(Watch, RefusesAFolderThatIsNotThere) {
  const Answer answer = gistmill("watch nowhere");
  EXPECT_EQ(answer.code, 1);
  EXPECT_EQ(answer.err,
            "no run folder 'nowhere'\n  gistmill watch takes the folder that a run writes to: runs/NAME\n");
}

}  // namespace
}  // namespace gistmill
