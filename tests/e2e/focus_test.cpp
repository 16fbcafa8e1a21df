// The recipes of the focus loop, by the real program: sessions, their trace, its replay and its page.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/e2e/program.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FocusLoop : public ProgramTest {
 protected:
  // Why no real model can run here; "" where one can.
  std::string missing_for_a_model() const {
    if (nlohmann::json::parse(gistmill("version --json").out)["torch"] == "") return "built without LibTorch";
    return model().empty() ? "no model: set GISTMILL_MODEL" : "";
  }
  void SetUp() override {
    ProgramTest::SetUp();
    write("bpe/tokenizer.json", read(GISTMILL_SOURCE_DIR "/tests/plugins/tokenizer/fixtures/smollm.json"));
    for (int document = 0; document < 3; ++document) {
      std::string text;
      for (int i = 0; i < 500; ++i) text += "word " + std::to_string(i * (document + 7)) + ", ";
      write("text/" + std::to_string(document) + ".txt", text);
    }
  }

  Answer prepare(const std::string& recipe, const std::string& values) const {
    return gistmill("prepare '" GISTMILL_SOURCE_DIR "/recipes/focus/" + recipe + ".toml' " + values);
  }
  Answer sessions(const std::string& more = "") const {
    return prepare("trace",
                   "--set variables.model=bpe --set variables.text=text "
                   "--set components.documents.group=file --set components.documents.hold_out=[] "
                   "--set components.documents.validation=0 --set components.session.split=train "
                   "--set components.session.shortest=512 --set components.session.longest=1500 "
                   "--set components.session.budget=300 " +
                       more);
  }
  Answer replay(const std::string& more = "") const { return prepare("replay", more); }
  std::string file(const std::string& name) const { return read(folder_ / "runs/focus" / name); }
};

TEST_F(FocusLoop, ATraceReplaysByteForByteAndItsPageIsMadeOfTheTraceAlone) {
  const Answer made = sessions();
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(file("trace.jsonl"), HasSubstr("\"room\":[[")) << "the budget should matter";
  const std::string trace = file("trace.jsonl");
  const std::string page = file("trace.html");
  std::filesystem::remove_all(folder_ / "text");
  std::filesystem::remove_all(folder_ / "data");
  const Answer played = replay();
  ASSERT_EQ(played.code, 0) << played.err;
  EXPECT_THAT(played.err, HasSubstr("replays to the same contexts"));
  EXPECT_EQ(file("replayed.jsonl"), trace);
  EXPECT_EQ(file("replayed.html"), page);
}

TEST_F(FocusLoop, ATraceThatWasChangedIsRefusedWithItsLineAndNothingIsWritten) {
  ASSERT_EQ(sessions().code, 0);
  std::string trace = file("trace.jsonl");
  const std::size_t at = trace.find("\"cursor\":96");
  trace.replace(at, 11, "\"cursor\":64");
  write("runs/focus/trace.jsonl", trace);
  const Answer answer = replay();
  EXPECT_EQ(answer.code, 3) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("runs/focus/trace.jsonl:4: the line was changed"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs/focus/replayed.jsonl"));
  write("runs/focus/trace.jsonl", trace.substr(0, at));
  EXPECT_THAT(replay().err, HasSubstr("runs/focus/trace.jsonl:4: the trace is cut short within this line"));
}

TEST_F(FocusLoop, EveryAllocatorRunsInTheSameRecipe) {
  for (const std::string allocator : {"no-cooldown", "recency", "random", "none"}) {
    const Answer answer = sessions("--set components.allocate.use=allocator/" + allocator);
    EXPECT_EQ(answer.code, 0) << allocator << answer.err;
    EXPECT_EQ(replay().code, 0) << allocator;
  }
  EXPECT_EQ(
      sessions("--set components.allocate.use=allocator/none --set components.session.overflow=drop").code,
      0);
}

TEST_F(FocusLoop, MeasuresWhatFollowsUnderEveryAllocatorWithARealModel) {
  if (const std::string missing = missing_for_a_model(); !missing.empty()) GTEST_SKIP() << missing;
  std::string limits;
  for (const std::string which :
       {"", "-no-cooldown", "-recency", "-random", "-uniform", "-truncated", "-full"})
    limits +=
        " --set components.session" + which + ".limit=1 --set components.session" + which + ".split=train";
  const Answer answer = gistmill(
      "run '" GISTMILL_SOURCE_DIR
      "/recipes/focus/allocators-short.toml' --folder run --set variables.model=" +
      model() + " --set variables.text=text --set components.documents.group=file " +
      "--set components.documents.hold_out=[] --set components.documents.validation=0 " +
      "--set variables.tokens=256 --set variables.budget=160 --set evaluations.focus.steps=7" + limits);
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto summary = nlohmann::json::parse(read(folder_ / "run/summary.json"));
  std::map<std::string, double> loss;
  for (const auto& entry : summary["evaluations"][0]["entries"])
    if (entry["figure"] == "loss_at_h") loss[entry["variant"]] = entry["value"];
  ASSERT_EQ(loss.size(), 7u);
  EXPECT_GT(loss["full context"], 0.1);
  EXPECT_LT(loss["full context"], 12);
  EXPECT_GT(loss["uniform gists"], loss["full context"])
      << "means of embeddings are worth less than the tokens";
}

TEST_F(FocusLoop, OpensWhatTheModelAttendsToWithARealModelAndNothingTrained) {
  if (const std::string missing = missing_for_a_model(); !missing.empty()) GTEST_SKIP() << missing;
  std::string sessions;
  for (const std::string which : {"", "-uniform", "-attention", "-similar"})
    for (const std::string value : {"limit=1", "split=train", "facts=1", "horizon=8"})
      sessions += " --set components.session" + which + "." + value;
  const Answer answer =
      gistmill("run '" GISTMILL_SOURCE_DIR
               "/recipes/focus/lens-untrained-short.toml' --folder run --set variables.model=" +
               model() + " --set variables.text=text --set components.documents.group=file " +
               "--set components.documents.hold_out=[] --set components.documents.validation=0 " +
               "--set evaluations.focus.steps=20 --set evaluations.focus.variants.greedy=false --set "
               "evaluations.focus.variants.similar=false" +
               sessions);
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto summary = nlohmann::json::parse(read(folder_ / "run/summary.json"));
  std::map<std::string, double> swaps;
  for (const auto& entry : summary["evaluations"][0]["entries"])
    if (entry["figure"] == "swap_rate_per_block") swaps[entry["variant"]] = entry["value"];
  EXPECT_GT(swaps.at("greedy on attention"), 0) << "attention differs from entry to entry";
  EXPECT_EQ(swaps.at("uniform gists"), 0);
}

// One fact a session, asked for right before the cursor at which it is judged.
TEST_F(FocusLoop, JudgesEachSessionAtOneCursorUnderOraclesLensnetsAndNoneWithARealModel) {
  if (const std::string missing = missing_for_a_model(); !missing.empty()) GTEST_SKIP() << missing;
  std::string values;
  for (const char* value : {"tokens=256", "last=7", "budget=128", "label_budget=128", "horizon=8",
                            "sessions=2", "held=1", "candidates=3", "text=[\"text\"]"})
    values += std::string(" --set 'variables.") + value + "'";
  for (const char* value : {"documents.group=file", "documents.hold_out=[\"*2*\"]", "contexts.batch=1",
                            "contexts.validation=0", "heldout.validation=1"})
    values += std::string(" --set 'components.") + value + "'";
  const Answer answer =
      gistmill("run '" GISTMILL_SOURCE_DIR
               "/recipes/focus/lens-budget-built-short.toml' --folder run --set variables.model=" +
               model() + values + " --set run.steps=2");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto summary = nlohmann::json::parse(read(folder_ / "run/summary.json"));
  std::map<std::string, double> loss, open;
  for (const auto& evaluation : summary["evaluations"]) {
    for (const auto& entry : evaluation["entries"]) {
      if (entry["figure"] == "open_when_needed") open[entry["variant"]] = entry["value"];
      if (entry["figure"] != "loss_at_h") continue;
      loss[entry["variant"]] = entry["value"];
      EXPECT_EQ(entry["n"], 1) << "one cursor a session";
    }
  }
  EXPECT_EQ(loss.size(), 8u);
  EXPECT_LE(loss.at("oracle"), loss.at("uniform gists") + 0.05) << "swaps that gain, each measured alone";
  EXPECT_EQ(open.at("full context"), 1);
}

TEST_F(FocusLoop, MeasuresWhatEachSwapIsWorthWithARealModelAndOnlyOnce) {
  if (const std::string missing = missing_for_a_model(); !missing.empty()) GTEST_SKIP() << missing;
  const auto labels = [&] {
    return gistmill(
        "prepare '" GISTMILL_SOURCE_DIR "/recipes/focus/labels-short.toml' --set variables.model=" + model() +
        " --set variables.text=text --set components.documents.group=file "
        "--set components.documents.hold_out=[] --set components.documents.validation=0 "
        "--set components.session.longest=256 --set components.session.shortest=256 "
        "--set components.session.budget=160 --set components.session.limit=1 "
        "--set components.session.candidates_every=4");
  };
  const Answer made = labels();
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.err + made.out, HasSubstr("labels of 8 contexts in 1 sessions"));
  const Answer again = labels();
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err + again.out, Not(HasSubstr("labels of")));
}

// Four blocks a step; the teacher reads each whole, or goes on from the one before.
TEST_F(FocusLoop, GoesOnReadingFromTheContextBeforeWithTheSameLoss) {
  if (const std::string missing = missing_for_a_model(); !missing.empty()) GTEST_SKIP() << missing;
  std::vector<double> losses;
  for (const std::string which : {"follow", "follow_on"}) {
    write(which + ".toml",
          "extends = \"" GISTMILL_SOURCE_DIR
          "/recipes/focus/allocators-short.toml\"\n[components]\nteacher = { dtype = \"f32\" }\n"
          "[pipelines.measure]\nsteps = [\"teacher.unread\", { repeat = 4, steps = [\"session.next\", "
          "\"@tree\", "
          "\"session.look\", \"lens.score\", \"allocate.allocate\", \"session.act\", \"session.rows\", "
          "{ call = \"memory.gather\", out = { gist = \"context_gist\" } }, { call = \"teacher." +
              which +
              "\", in = { gist = \"context_gist\" }, out = { nll = \"loss\" } }] }, \"session.note\"]\n" +
              "[evaluations.focus.variants]\nno-cooldown = false\nrecency = false\nrandom = false\nuniform = "
              "false\n"
              "truncated = false\nfull = false\n");
    const Answer answer =
        gistmill("run " + which + ".toml --folder " + which + " --set variables.model=" + model() +
                 " --set variables.text=text --set components.documents.group=file "
                 "--set components.documents.hold_out=[] --set components.documents.validation=0 "
                 "--set components.session.split=train --set variables.tokens=256 --set variables.budget=160 "
                 "--set evaluations.focus.steps=2 --set components.session.limit=1");
    ASSERT_EQ(answer.code, 0) << answer.err;
    const auto summary = nlohmann::json::parse(read(folder_ / which / "summary.json"));
    losses.push_back(summary["evaluations"][0]["entries"][0]["value"]);
  }
  EXPECT_GT(losses[0], 0.01);
  EXPECT_NEAR(losses[1], losses[0], 1e-5 * losses[0]);
}

TEST_F(FocusLoop, RescoresInRounds) {
  write("rounds.toml",
        "extends = \"" GISTMILL_SOURCE_DIR
        "/recipes/focus/trace.toml\"\n[pipelines.focus]\n"
        "steps = [\"session.next\", { repeat = 3, steps = [\"session.look\", \"lens.score\", "
        "\"allocate.allocate\", \"session.act\"] }, \"session.rows\", \"session.note\", \"kept.append\"]\n");
  const Answer answer = gistmill(
      "prepare rounds.toml --set variables.model=bpe --set variables.text=text "
      "--set components.documents.validation=0 --set components.session.split=train "
      "--set components.documents.hold_out=[] --set components.documents.group=file "
      "--set components.session.shortest=512 --set components.session.budget=300");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(file("trace.jsonl"), HasSubstr("]],[[")) << "a block with two rounds";
  EXPECT_EQ(replay().code, 0);
}

TEST_F(FocusLoop, WhatCannotBeIsRefusedAtItsLine) {
  const Answer budget = sessions("--set components.session.budget=100");
  EXPECT_EQ(budget.code, 3);
  EXPECT_THAT(budget.err, HasSubstr("the budget is 100 rows when the protected tail alone takes 128"));
  const Answer thresholds = sessions("--set components.allocate.expand_threshold=-0.5");
  EXPECT_EQ(thresholds.code, 3);
  EXPECT_THAT(thresholds.err, HasSubstr("these thresholds are out of order"));
  const Answer actions = sessions("--set components.allocate.max_actions=0");
  EXPECT_EQ(actions.code, 3);
  EXPECT_THAT(actions.err, HasSubstr("max_actions"));
}

}  // namespace
}  // namespace gistmill
