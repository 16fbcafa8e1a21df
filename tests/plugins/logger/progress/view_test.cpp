// A run as it is seen, on a terminal and in a file, with a clock that the test turns.
#include "plugins/logger/progress/view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gistmill::progress {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kErase = "\r\x1b[K";

// Feeds events and keeps what was written for the last one.
class Shown {
 public:
  explicit Shown(Look look, double interval = 30.0) : view_(look, interval, "spans") {}

  Shown& at(double seconds) {
    now_ = seconds;
    return *this;
  }
  std::string start(int steps, int from = 0) {
    return tell({{"event", "stage_started"},
                 {"stage", "train"},
                 {"steps", steps},
                 {"step", from},
                 {"trains", {"gist"}},
                 {"parameters", 2'950'000}});
  }
  std::string step(int step, int steps, json loss = 0.5, double seconds = 1.0) {
    return tell({{"event", "step"},
                 {"stage", "train"},
                 {"step", step},
                 {"steps", steps},
                 {"loss", loss},
                 {"items", 14},
                 {"seconds", seconds}});
  }
  std::string end(double seconds) {
    return tell({{"event", "stage_finished"}, {"stage", "train"}, {"seconds", seconds}});
  }
  std::string message(const std::string& level, const std::string& instance, const std::string& text) {
    return tell({{"event", "message"}, {"level", level}, {"instance", instance}, {"text", text}});
  }
  std::string tell(const json& event) { return view_.on_event(event, now_, 80); }
  std::string finish() { return view_.finish(); }

 private:
  View view_;
  double now_ = 0.0;
};

const Look kTerminal{true, false, false};
const Look kFile{};

TEST(ProgressOnATerminal, DrawsOneLineOverAndOver) {
  Shown run(kTerminal);
  EXPECT_EQ(run.at(0).start(600), kErase + "train    ..............................    0 %");
  EXPECT_EQ(run.at(1).step(1, 600),
            kErase + "train    ............    0 %  step   1/600  loss 0.500  14.0 spans/s  9:59 left");
  EXPECT_EQ(run.at(2).step(300, 600),
            kErase + "train    ######......   50 %  step 300/600  loss 0.500  14.0 spans/s  5:00 left");
}

TEST(ProgressOnATerminal, ShowsTheMachineAndTheShareOfItsPeak) {
  Shown run(kTerminal);
  json started = {{"event", "run_started"},
                  {"threads", 2},
                  {"processor", "AMD EPYC"},
                  {"bf16", "avx512_bf16"},
                  {"gemm_flops_per_second", {{"f32", 180e9}, {"bf16", 410e9}}}};
  EXPECT_EQ(run.tell(started),
            "machine  2 threads of AMD EPYC (avx512_bf16), GEMM peak 410 GFLOP/s bf16, 180 GFLOP/s f32\n");
  started["gemm_flops_per_second"]["bf16"] = 0;
  started.update({{"bf16", ""}, {"threads", 1}, {"processor", ""}});
  EXPECT_EQ(run.tell(started), "machine  1 thread (no native bf16), GEMM peak 180 GFLOP/s f32\n");
  started.erase("gemm_flops_per_second");
  EXPECT_EQ(run.tell(started), "") << "nobody measured";

  const json step = {{"event", "step"}, {"stage", "train"}, {"step", 1},      {"steps", 9},
                     {"loss", 0.5},     {"items", 14},      {"seconds", 1.0}, {"utilization", 0.54}};
  View wide(kTerminal, 30.0, "spans");
  EXPECT_THAT(wide.on_event(step, 1.0, 120), HasSubstr("14.0 spans/s  54 % of peak  0:08 left"));
}

TEST(ProgressOnATerminal, DoesNotDrawMoreOftenThanIsSeen) {
  Shown run(kTerminal);
  run.at(0).step(1, 600);
  EXPECT_EQ(run.at(0.05).step(2, 600), "");
  EXPECT_NE(run.at(0.11).step(3, 600), "");
  EXPECT_NE(run.at(0.12).step(600, 600), "");
}

TEST(ProgressOnATerminal, LeavesTheLastLineWithTheTimeThatItTook) {
  Shown run(kTerminal);
  run.at(1).step(600, 600);
  EXPECT_EQ(run.at(2).end(242),
            kErase + "train    #################  100 %  step 600/600  loss 0.500  14.0 spans/s  4:02\n");
  EXPECT_EQ(run.finish(), "");
}

TEST(ProgressOnATerminal, PutsMessagesAboveTheLine) {
  Shown run(kTerminal);
  const std::string line = run.at(1).step(1, 600).substr(kErase.size());
  EXPECT_EQ(run.message("warning", "teacher", "slow here"), kErase + "warning: teacher: slow here\n" + line);
  EXPECT_EQ(run.message("info", "", "saved"), kErase + "saved\n" + line);
}

TEST(ProgressOnATerminal, ColorsWarningsAndErrors) {
  Shown run(Look{true, true, false});
  EXPECT_EQ(run.message("warning", "", "slow"), "\x1b[33mwarning: \x1b[0mslow\n");
  EXPECT_EQ(run.message("error", "", "bad"), "\x1b[31merror: \x1b[0mbad\n");
}

TEST(ProgressOnATerminal, EndsTheLineWhenTheRunEnds) {
  Shown run(kTerminal);
  run.at(1).step(1, 600);
  EXPECT_EQ(run.tell({{"event", "run_finished"}, {"status", "stopped"}}), "\n");
  EXPECT_EQ(run.finish(), "");
}

TEST(ProgressOnATerminal, ShowsTheProgressOfAnEvaluation) {
  Shown run(kTerminal);
  EXPECT_EQ(run.at(5).tell({{"event", "progress"}, {"text", "heldout: last 1"}, {"done", 16}, {"count", 64}}),
            kErase + "heldout: last 1 #######.......................   25 %  16/64");
}

TEST(ProgressOnATerminal, RemovesTheProgressOfAnEvaluationOnceItIsDone) {
  Shown run(kTerminal);
  run.at(5).tell({{"event", "progress"}, {"text", "heldout"}, {"done", 64}, {"count", 64}});
  EXPECT_EQ(run.tell({{"event", "evaluation"},
                      {"name", "heldout"},
                      {"entries", {{{"variant", "a"}, {"figure", "kl"}, {"value", 0.5}}}}}),
            kErase + "heldout  step 0  kl  a 0.500\n");
  EXPECT_EQ(run.finish(), "");
  run.at(6).tell({{"event", "progress"}, {"text", "heldout"}, {"done", 1}, {"count", 64}});
  EXPECT_EQ(run.finish(), kErase);
}

TEST(ProgressOnATerminal, CountsUpWhereTheEndIsUnknown) {
  Shown run(kTerminal);
  EXPECT_EQ(run.at(5).tell({{"event", "progress"}, {"text", "preparing"}, {"done", 1204}, {"count", 0}}),
            kErase + "preparing 1204");
}

TEST(ProgressInAFile, CountsUpWhereTheEndIsUnknown) {
  Shown run(kFile);
  EXPECT_EQ(run.at(31).tell({{"event", "progress"}, {"text", "preparing"}, {"done", 1204}, {"count", 0}}),
            "preparing  1204\n");
}

TEST(ProgressInAFile, WritesALineAtTheInterval) {
  Shown run(kFile);
  EXPECT_EQ(run.at(100).start(600), "train  600 steps, trains gist: 2.95 M parameters\n");
  EXPECT_EQ(run.at(101).step(1, 600), "");
  EXPECT_EQ(run.at(129).step(29, 600), "");
  EXPECT_EQ(run.at(130).step(300, 600), "train   50 %  step 300/600  loss 0.500  14.0 spans/s  5:00 left\n");
  EXPECT_EQ(run.at(131).step(301, 600), "");
  EXPECT_EQ(run.at(140).end(242), "train   50 %  step 301/600  loss 0.500  14.0 spans/s  4:02\n");
}

TEST(ProgressInAFile, SaysWhereAResumedStageContinues) {
  EXPECT_THAT(Shown(kFile).start(600, 372), StartsWith("train  600 steps, continues from step 372"));
}

TEST(ProgressInAFile, NeverContainsControlCharacters) {
  Shown run(kFile, 0.0);
  const std::string all = run.start(600) + run.at(9).step(1, 600) + run.message("error", "a", "\x1b[31m") +
                          run.end(3) + run.finish();
  EXPECT_THAT(all, Not(HasSubstr("\x1b")));
  EXPECT_THAT(all, Not(HasSubstr("\r")));
}

TEST(ProgressEvaluation, ShowsTrainedVariantsAtTheHeadline) {
  const auto entry = [](const char* variant, const char* figure, double mean, bool trained) {
    return json{{"variant", variant},
                {"figure", figure},
                {"value", mean},
                {"standard_error", 0.018},
                {"trained", trained}};
  };
  json event = {
      {"event", "evaluation"},
      {"name", "heldout"},
      {"step", 300},
      {"headline", "delta_nll.32"},
      {"entries",
       {entry("dropped", "delta_nll.32", 0.565, false), entry("contextual", "delta_nll.8", 1.1, true),
        entry("contextual", "delta_nll.32", 0.256, true)}}};
  Shown run(kFile);
  EXPECT_EQ(run.tell(event), "heldout  step 300  delta_nll.32  contextual 0.256 (0.018)\n");
  event["entries"].erase(2);
  event["entries"][1]["trained"] = false;
  EXPECT_EQ(run.tell(event), "heldout  step 300  delta_nll.32  dropped 0.565 (0.018)\n");
  event["entries"] = json::array();
  EXPECT_EQ(run.tell(event), "");
}

TEST(ProgressRate, FollowsTheLastHalfMinute) {
  Shown run(kTerminal);
  for (int i = 1; i <= 20; ++i) run.at(i).step(i, 600, 0.5, 10.0);  // 1.4 spans/s at first
  std::string line;
  for (int i = 21; i <= 220; ++i) line = run.at(i).step(i, 600, 0.5, 1.0);
  EXPECT_THAT(line, HasSubstr("14.0 spans/s"));
  EXPECT_THAT(line,
              EndsWith("6:21 left"));  // 380 steps at 1 s, and what is still remembered of the slow ones
}

TEST(ProgressRate, HardlyMovesForOneSlowStep) {
  Shown run(kTerminal);
  for (int i = 1; i <= 60; ++i) run.at(i).step(i, 600);
  EXPECT_THAT(run.at(64).step(61, 600, 0.5, 4.0), HasSubstr("12."));
}

TEST(ProgressLoss, IsSmoothedButTellsAtOnceWhenItIsNotANumber) {
  Shown run(kTerminal);
  run.at(1).step(1, 600, 2.0);
  EXPECT_THAT(run.at(2).step(2, 600, 1.0), HasSubstr("loss 1.900"));
  EXPECT_THAT(run.at(3).step(3, 600, nullptr), HasSubstr("loss nan"));
  EXPECT_THAT(run.at(4).step(4, 600, 1.0), HasSubstr("loss 1.000"));
}

TEST(ProgressView, NamesTheTrainingOfARecipeWithoutStages) {
  Shown run(kFile);
  EXPECT_THAT(run.tell({{"event", "stage_started"}, {"stage", ""}, {"steps", 600}}),
              StartsWith("train  600 steps"));
}

TEST(ProgressView, PassesOverWhatItDoesNotKnow) {
  Shown run(kTerminal);
  EXPECT_EQ(run.tell({{"event", "later"}}), "");
  EXPECT_EQ(run.tell(json::array()), "");
  EXPECT_NO_THROW(run.tell({{"event", "step"}, {"step", "one"}, {"loss", json::array()}}));
  EXPECT_NO_THROW(run.tell({{"event", "evaluation"}, {"entries", {1, 2}}}));
}

TEST(View, GivesADecisionALineOfItsOwn) {
  View view(Look{}, 30.0, "spans");
  EXPECT_EQ(view.on_event({{"event", "decision"},
                           {"monitor", "guard"},
                           {"action", "rewind"},
                           {"step", 9},
                           {"reason", "the loss is not finite"}},
                          0.0, 80),
            "guard said rewind at step 9: the loss is not finite\n");
}

}  // namespace
}  // namespace gistmill::progress
