// What is drawn, in windows of every width.
#include "host/watch/lines.hpp"

#include <gmock/gmock.h>

#include <gistmill/text/utf8.hpp>

#include "tests/host/watch/watch_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kEvaluation =
    R"("event":"evaluation","time":1300,"stage":"first","step":60,"name":"heldout","reference":"","paired":"","headline":"nll",)"
    R"("items":"spans","cluster":"","figures":[],"entries":[{"variant":"a","figure":"nll","value":0.25,"standard_error":0.01},)"
    R"({"variant":"b","figure":"nll","value":0.5,"standard_error":0.02}])";

WatchedRun busy_run() {
  WatchedRun run;
  run.started().steps("first", 1, 30, 100, 2.0).steps("first", 31, 60, 100, 1.0);
  run.event(kEvaluation);
  run.event(R"("event":"checkpoint","time":1310,"stage":"first","step":60,"best":true)");
  run.event(
      R"("event":"message","time":1310,"level":"warning","instance":"","text":"steps became slower than they were")");
  return run;
}

std::vector<std::string> ascii(const RunRecord& record, double now, int columns) {
  return watch_lines(record, "runs/r", now, {false, columns});
}

TEST(WatchLines, SayWhereARunStands) {
  EXPECT_THAT(
      ascii(busy_run().record(), 1315, 79),
      ElementsAre("runs/r  running  5:10 min",
                  "first    ##################............  60 %  60/100  1:20 min left",
                  "second   ..............................   0 %  0/50",
                  "loss     1.00  @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@..............................",
                  "pace     4.00 items/s  40 % of peak  2.00 s a step  1.2 GB",
                  "heldout  nll a 0.250 (0.010), b 0.500 (0.020)", "saved    first, step 60, the best so far",
                  "warning  steps became slower than they were"));
}

TEST(WatchLines, SayWhatMonitorsDecided) {
  WatchedRun run = busy_run();
  const std::string decision =
      R"("event":"decision","time":1311,"stage":"first","step":60,"monitor":"guard",)";
  run.event(decision + R"("action":"skip","reason":"the loss is not finite")");
  EXPECT_THAT(ascii(run.record(), 1315, 79),
              Contains("monitor  guard said skip at step 60: the loss is not finite"));
  run.event(decision + R"("action":"scale","factor":0.5,"reason":"it is time")");
  EXPECT_THAT(
      ascii(run.record(), 1315, 120),
      Contains("monitor  2 decisions, the last: guard said scale at step 60, learning rate times 0.5: it is "
               "time"));
}

TEST(WatchLines, DrawBlocksWhereTheTerminalHasThem) {
  const std::vector<std::string> lines = watch_lines(busy_run().record(), "r", 1315, {true, 79});
  EXPECT_EQ(lines[1].substr(0, 9 + 3 * 18), "first    ██████████████████");
  EXPECT_THAT(lines[3], HasSubstr("████▁▁▁▁"));
}

TEST(WatchLines, AreNeverLongerThanTheWindowIsWide) {
  WatchedRun run = busy_run();
  run.event(
      R"("event":"message","time":1,"level":"warning","instance":"","text":"größer größer größer 漢字漢字漢字漢字漢字 größer"})");
  run.event(
      R"("event":"run_finished","time":1400,"status":"failed","seconds":400,"text":"gist.compress failed: no memory")");
  for (int columns = 1; columns <= 130; ++columns) {
    for (const bool utf8 : {false, true}) {
      for (const std::string& line :
           watch_lines(run.record(), "runs/a-name-that-is-long", 1500, {utf8, columns}))
        EXPECT_LE(text::columns(line), static_cast<std::size_t>(columns)) << line;
    }
  }
}

TEST(WatchLines, SayTheMostInNarrowWindows) {
  const std::vector<std::string> lines = ascii(busy_run().record(), 1315, 40);
  EXPECT_EQ(lines[1], "first      60 %  60/100  1:20 min left");  // no room for a bar
  EXPECT_THAT(lines, Contains("warning  steps became slower than they"));
  EXPECT_THAT(lines, Contains("         were"));
}

TEST(WatchLines, TellOfSilenceAndOfFailure) {
  WatchedRun run;
  run.started().steps("first", 1, 10, 100);
  EXPECT_THAT(ascii(run.record(), 1120, 79)[0], HasSubstr("(no event for 1:40 min)"));
  EXPECT_THAT(ascii(run.record(), 1030, 79)[0], Not(HasSubstr("no event")));
  run.event(
      R"("event":"run_finished","time":1400,"status":"failed","seconds":400,"text":"gist.compress failed:\nno memory")");
  EXPECT_EQ(ascii(run.record(), 9999, 79)[0], "runs/r  failed  6:40 min");
  const std::vector<std::string> lines = ascii(run.record(), 9999, 79);
  EXPECT_THAT(lines, Contains("failure  gist.compress failed:"));
  EXPECT_EQ(lines.back(), "         no memory");
}

TEST(WatchLines, KeepTheMarkerOfAnExcerptUnderItsPlace) {
  WatchedRun run;
  run.started().event(
      R"("event":"run_finished","time":1400,"status":"failed","seconds":400,"text":"r.toml:3:9: width is 9\n    3 | width = 9\n      |         ^")");
  const std::vector<std::string> lines = ascii(run.record(), 9999, 79);
  EXPECT_THAT(lines, Contains("failure  r.toml:3:9: width is 9"));
  EXPECT_EQ(lines[lines.size() - 2], "             3 | width = 9");
  EXPECT_EQ(lines.back(), "               |         ^");
}

TEST(WatchLines, LeaveOutWhatNobodyCounts) {
  WatchedRun run;
  run.started().event(
      R"("event":"step","time":1001,"stage":"first","step":1,"steps":100,"loss":1,"seconds":2,"items":0)");
  EXPECT_THAT(ascii(run.record(), 1002, 79), Contains("pace     2.00 s a step"));
}

TEST(WatchLines, OfNoEventsSayThatTheyWait) {
  EXPECT_THAT(ascii(RunRecord(), 1000, 79), ElementsAre("runs/r  waiting"));
}

TEST(WatchLines, HaveNoCharacterThatSteersTheTerminal) {
  WatchedRun run;
  run.started();
  run.event(R"("event":"stage_started","stage":"\u001b[2J","steps":3)");
  run.event(R"("event":"step","stage":"\u001b[2J","step":1,"steps":3,"loss":null,"seconds":null)");
  run.event(R"("event":"message","level":"warning","text":"\u001b]0;x\u0007\u009b2J"})");
  run.event(R"("event":"run_finished","status":"\u001b[31m","text":"\u001b[2J"})");
  for (const std::string& line : watch_lines(run.record(), "a\nb\x1b[2J", 1000, {true, 79})) {
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    EXPECT_EQ(line.find("\u009b"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace gistmill
