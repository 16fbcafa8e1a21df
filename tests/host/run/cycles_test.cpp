// Stages that take turns: every pass goes on from the last, whenever the run was interrupted.
#include <gmock/gmock.h>

#include "host/diagnostic/failure.hpp"
#include "tests/host/run/pages_fixture.hpp"

namespace gistmill {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CyclesTest : public PagesTest {
 protected:
  static constexpr int kSteps = 5;

  void SetUp() override {
    PagesTest::SetUp();
    write_stage("a.toml", "scale");
    write_stage("b.toml", "other");
  }

  void write_stage(const std::string& file, const std::string& trained, const std::string& more = "") {
    write(file, over({kPages, kMeasure}) + training(trained) + "[run]\nsteps = 5\n" + more);
  }
  std::filesystem::path cycles(int count, const std::string& more = "") {
    return write("whole.toml", "[[stage]]\ncycles = " + std::to_string(count) +
                                   "\n[[stage.stage]]\nrecipe = \"a.toml\"\n" + more +
                                   "[[stage.stage]]\nrecipe = \"b.toml\"\n");
  }
  std::filesystem::path stages(const std::string& run) const { return folder_ / run / "checkpoints"; }
  std::vector<std::string> started(const std::string& run = "run") const {
    std::vector<std::string> names;
    for (const auto& event : events("stage_started", run)) names.push_back(event["stage"]);
    return names;
  }
  // As if the process had ended after `step` of the stage: nothing later is there.
  void cut(const std::string& name, const std::vector<std::string>& order, std::size_t stage, int step) {
    for (std::size_t later = stage + 1; later < order.size(); ++later)
      std::filesystem::remove_all(stages(name) / order[later]);
    std::filesystem::remove(stages(name) / order[stage] / "finished.json");
    for (int gone = step + 1; gone <= kSteps; ++gone)
      std::filesystem::remove_all(checkpoint(order[stage], gone, name));
  }
};

TEST_F(CyclesTest, PassesRunInTurnAndAreNumbered) {
  run(request(cycles(2)));
  EXPECT_THAT(started(), ElementsAre("a.1", "b.1", "a.2", "b.2"));
}

TEST_F(CyclesTest, APassGoesOnFromTheParametersOfTheLast) {
  run(request(cycles(2)));
  const auto info = nlohmann::json::parse(read(checkpoint("a.2", 1) / "checkpoint.json"));
  EXPECT_EQ(info["starts"]["scale"], "stage a.1, step 5");
  const auto texts = events("message");
  const bool said = std::ranges::any_of(
      texts, [](const auto& event) { return event["text"] == "scale starts from stage a.1, step 5"; });
  EXPECT_TRUE(said);
}

TEST_F(CyclesTest, TheDataGoesOnWhereTheLastPassOfTheStageEnded) {
  run(request(cycles(2)));
  EXPECT_EQ(read(checkpoint("a.1", kSteps) / "pages.state"), "5");
  EXPECT_EQ(read(checkpoint("a.2", kSteps) / "pages.state"), "10");
  EXPECT_EQ(read(checkpoint("b.2", kSteps) / "pages.state"), "10");
}

TEST_F(CyclesTest, TheOptimizerGoesOnToo) {
  run(request(cycles(2)));
  // The same two stages in a row, each with an optimizer of its own and data from the beginning.
  const auto path = write("row.toml",
                          "[[stage]]\nrecipe = \"a.toml\"\nname = \"first\"\n[[stage]]\nrecipe = "
                          "\"a.toml\"\nname = \"second\"\n");
  run(request(path, "row"));
  const auto optimizer = [&](const std::string& stage, const std::string& name) {
    return read(checkpoint(stage, kSteps, name) / "optimizer.safetensors");
  };
  EXPECT_EQ(optimizer("a.1", "run"), optimizer("first", "row"));
  EXPECT_NE(optimizer("a.2", "run"), optimizer("second", "row"));
}

TEST_F(CyclesTest, InterruptedAfterAnyStepARunEndsBitForBitTheSame) {
  const auto path = cycles(2);
  run(request(path));
  const std::vector<std::string> order = {"a.1", "b.1", "a.2", "b.2"};
  run(request(path, "cut"));
  for (std::size_t stage = order.size(); stage-- > 0;) {
    for (int step = kSteps - 1; step >= 0; --step) {
      cut("cut", order, stage, step);
      resume(path, "cut");
      for (const std::string& name : order) {
        for (const char* file : {"parameters.safetensors", "optimizer.safetensors", "pages.state"}) {
          ASSERT_EQ(read(checkpoint(name, kSteps, "cut") / file), read(checkpoint(name, kSteps) / file))
              << file << " of " << name << " after a cut at step " << step << " of " << order[stage];
        }
      }
    }
  }
}

TEST_F(CyclesTest, AFinishedStageIsNeitherRunNorMeasuredAgain) {
  const auto path = cycles(2);
  run(request(path));
  const std::string summary = read(folder_ / "run/summary.json");
  const std::vector<std::string> order = {"a.1", "b.1", "a.2", "b.2"};
  cut("run", order, 3, 2);
  const std::size_t before = started().size();
  const std::size_t measured = events("evaluation").size();
  resume(path, "run");
  const auto now = started();
  EXPECT_THAT(std::vector<std::string>(now.begin() + static_cast<std::ptrdiff_t>(before), now.end()),
              ElementsAre("b.2"));
  EXPECT_EQ(events("evaluation").size(), measured + 1);
  const auto tables = [](const std::string& text) { return nlohmann::json::parse(text)["evaluations"]; };
  EXPECT_EQ(tables(read(folder_ / "run/summary.json")), tables(summary));
}

TEST_F(CyclesTest, WhatAStageHandsOnIsTheLastOrTheBest) {
  // The figure rises while the loss falls, so the lowest is that of the first step.
  const std::string chooses = "[evaluations.look]\npipeline = \"measure\"\nsteps = 1\nevery = 1\nbest = \"";
  write_stage("a.toml", "scale", chooses + "number\"\n");
  const auto figures = [&](const std::string& take, const std::string& name) {
    run(request(cycles(2, take), name));
    return events("message", name);
  };
  const auto says = [](const std::vector<nlohmann::json>& messages, const std::string& text) {
    return std::ranges::any_of(messages, [&](const auto& event) { return event["text"] == text; });
  };
  EXPECT_TRUE(says(figures("take = \"last\"\n", "last"), "scale starts from stage a.1, step 5"));
  const auto best = figures("take = \"best\"\n", "best");
  const auto chosen = nlohmann::json::parse(read(checkpoint("a.1", kSteps, "best") / "checkpoint.json"));
  EXPECT_TRUE(
      says(best, "scale starts from stage a.1, step " + std::to_string(chosen["best_step"].get<int>())));
}

TEST_F(CyclesTest, ParametersOfAStageThatHasNotRunYetAreRefused) {
  write("b.toml", "[components]\nscale = { use = \"test/scale\" }\n");
  const auto path = write("whole.toml",
                          "[[stage]]\nname = \"late\"\n[stage.recipe.run]\nsteps = 0\n"
                          "[components]\nscale = { from = \"late.scale\" }\n");
  EXPECT_THROW(run(request(path)), Failure);
}

}  // namespace
}  // namespace gistmill
