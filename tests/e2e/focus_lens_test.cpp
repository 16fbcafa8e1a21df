// The lensnet recipes by the real program, on label files of made-up sessions in which an entry is worth
// opening where it fits the newest block: the tail is needed to see it.
#include <gmock/gmock.h>

#include <map>

#include <nlohmann/json.hpp>

#include <gistmill/formats/safetensors.hpp>

#include "tests/e2e/program.hpp"
#include "tests/plugins/store/focus-labels/synthetic_labels.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

class LensRecipes : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    labels::test::write_labels(folder_ / "labels.h5",
                               {.sessions = 16, .blocks = 24, .hidden = 8, .budget = 40});
  }
  // `prefix`: "" or "stage.*.".
  static std::string data(const std::string& prefix = "") {
    std::string values;
    for (const char* value : {"components.contexts.labels=\"\"", "components.contexts.file=labels.h5",
                              "components.contexts.hold_out=[\"doc1*\"]", "components.heldout.labels=\"\"",
                              "components.heldout.file=labels.h5", "components.heldout.hold_out=[\"doc1*\"]"})
      values += " --set '" + prefix + value + "'";
    return values;
  }
  Answer run(const std::string& recipe, const std::string& more = "") const {
    return gistmill("run '" GISTMILL_SOURCE_DIR "/recipes/focus/" + recipe + ".toml'" + data() + " " + more);
  }
  // Means of a figure by variant.
  std::map<std::string, double> figures(const std::string& name, const std::string& figure) const {
    std::map<std::string, double> means;
    const auto summary = nlohmann::json::parse(read(folder_ / "runs" / name / "summary.json"));
    for (const auto& entry : summary["evaluations"][0]["entries"]) {
      if (entry["figure"] == figure) means[entry["variant"]] = entry["mean"];
    }
    return means;
  }
};

TEST_F(LensRecipes, ALensnetLearnsWhatIsWorthOpening) {
  const Answer answer = run("lens-short");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto order = figures("lens-short", "ranking_accuracy"), gain = figures("lens-short", "gain"),
             best = figures("lens-short", "oracle_gain"), regret = figures("lens-short", "regret");
  EXPECT_GT(order.at("learner"), order.at("chance") + 0.1);
  EXPECT_GT(order.at("the labels"), order.at("learner"));
  EXPECT_GT(gain.at("the labels"), gain.at("chance"));
  EXPECT_NEAR(best.at("learner"), gain.at("learner") + regret.at("learner"), 1e-5);
  EXPECT_EQ(best.at("learner"), best.at("the labels"));
  EXPECT_THAT(read(folder_ / "runs/lens-short/events.jsonl"), HasSubstr("\"legality\":"))
      << "each part is logged";
}

TEST_F(LensRecipes, TheSameSeedTrainsTheSameLensnetBitForBit) {
  const std::string steps = "--set run.steps=30 --set checkpoints.every=10 --folder ";
  ASSERT_EQ(run("lens-short", steps + "one").code, 0);
  ASSERT_EQ(run("lens-short", steps + "two").code, 0);
  const char* const weights = "checkpoints/step-000030/parameters.safetensors";
  EXPECT_NE(read(folder_ / "one" / weights), "");
  EXPECT_TRUE(read(folder_ / "one" / weights) == read(folder_ / "two" / weights));
}

TEST_F(LensRecipes, ATrainedLensnetIsExportedAsASafetensorsFileThatAnotherRecipeStartsFrom) {
  ASSERT_EQ(run("lens-short", "--set run.steps=30").code, 0);
  const Answer exported = gistmill("export runs/lens-short lens");
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_THAT(exported.out, HasSubstr("lens  learner (lensnet/dual-cross) of "));
  const formats::Safetensors saved(folder_ /
                                   "runs/lens-short/checkpoints/step-000030/parameters.safetensors");
  const formats::Safetensors file(folder_ / "lens/parameters.safetensors");
  ASSERT_EQ(file.tensors().size(), saved.tensors().size());
  for (const formats::SafetensorsTensor& tensor : file.tensors()) {
    const auto& own = saved.tensor("learner." + std::string(tensor.name));
    EXPECT_EQ(tensor.shape, own.shape) << tensor.name;
    EXPECT_TRUE(tensor.data == own.data) << tensor.name;
  }
  EXPECT_NE(file.find("0.gist_attention.query.weight"), nullptr) << "named without the instance";
  const auto config = nlohmann::json::parse(read(folder_ / "lens/config.json"));
  EXPECT_EQ(config["instances"][0]["component"], "lensnet/dual-cross");
  EXPECT_EQ(config["instances"][0]["options"]["width"], 64);
  const Answer again =
      run("lens-short",
          "--set run.steps=0 --set components.learner.parameters=lens/parameters.safetensors --folder again");
  ASSERT_EQ(again.code, 0) << again.err;
  const auto measured = [&](const char* at) {
    const auto summary = nlohmann::json::parse(read(folder_ / at / "summary.json"));
    return summary["evaluations"][0]["entries"][0]["mean"];
  };
  EXPECT_EQ(measured("again"), measured("runs/lens-short"));
}

TEST_F(LensRecipes, TheAblationMeasuresEveryControlOnTheSameContexts) {
  const Answer answer = run("lens-ablation-short", data("stage.*.") + " --set 'stage.*.run.steps=10'");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(figures("lens-ablation-short", "gain").size(), 5u);
}

TEST_F(LensRecipes, SessionsWithFactsSayHowOftenTheSpanThatIsNeededIsOpen) {
  write("bpe/tokenizer.json", read(GISTMILL_SOURCE_DIR "/tests/plugins/tokenizer/fixtures/smollm.json"));
  for (int document = 0; document < 2; ++document) {
    std::string text;
    for (int i = 0; i < 900; ++i) text += "word " + std::to_string(i * (document + 7)) + ", ";
    write("text/" + std::to_string(document) + ".txt", text);
  }
  const std::string facts =
      "phrases = \"phrases\", facts = 2, corpus = \"prepare\", split = \"train\", "
      "shortest = 1024, longest = 1024, ";
  write("built.toml",
        "extends = \"" GISTMILL_SOURCE_DIR
        "/recipes/focus/trace.toml\"\n"
        "[variables]\nmodel = \"bpe\"\ntext = \"text\"\n"
        "[components]\ndocuments = { group = \"file\", hold_out = [], validation = 0.0 }\n"
        "phrases = { use = \"dataset/needle-phrases\", numbers = 8 }\nphrasing = { use = \"store/tokens\" }\n"
        "session = { " +
            facts +
            "budget = 320 }\n"
            "open = { use = \"dataset/focus\", " +
            facts +
            "budget = 1024 }\n"
            "none = { use = \"allocator/none\" }\n"
            "[pipelines.phrases]\nsteps = [\"phrases.next\", \"tokenizer.encode\", \"phrasing.append\"]\n"
            "[pipelines.measure]\nsteps = [\"session.next\", \"session.look\", \"lens.score\", "
            "\"allocate.allocate\", \"session.act\", \"session.needed\", \"session.note\"]\n"
            "[evaluations.focus]\npipeline = \"measure\"\nsteps = 64\nheadline = \"open_when_needed\"\n"
            "[evaluations.focus.variants]\ngreedy = {}\n"
            "full = { use = { session = \"open\", allocate = \"none\" } }\n");
  const Answer answer = gistmill("run built.toml");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto summary = nlohmann::json::parse(read(folder_ / "runs/built/summary.json"));
  for (const auto& entry : summary["evaluations"][0]["entries"]) {
    if (entry["figure"] == "open_when_needed") {
      EXPECT_EQ(entry["n"], 4) << "two sessions of two facts";
    }
  }
  const auto open = figures("built", "open_when_needed");
  EXPECT_EQ(open.at("full"), 1);
  EXPECT_LT(open.at("greedy"), 1) << "a third of the session fits, and scores by chance know nothing";
}

TEST_F(LensRecipes, LabelsOfAnotherGistnetThanTheRunsAreRefusedBeforeItUnlessTaken) {
  const std::string digest(64, 'a');
  labels::test::write_labels(
      folder_ / "labels.h5", {.sessions = 16, .blocks = 24, .hidden = 8, .budget = 40},
      R"({"instances":{"gist":{"component":"gistnet/refine","options":{},"contents":""},)"
      R"("lens":{"component":"lensnet/mlp","options":{},"contents":""}},"parameters":{"gist":")" +
          digest + "\"}}");
  for (const char* verb : {"plan", "run"}) {
    const Answer answer =
        gistmill(std::string(verb) + " '" GISTMILL_SOURCE_DIR "/recipes/focus/lens-short.toml'" + data());
    EXPECT_EQ(answer.code, 3) << answer.err;
    EXPECT_THAT(answer.err,
                HasSubstr("labels.h5 was made with another gist than this run has: gistnet/refine "
                          "trained to aaaaaaaaaaaa, not gistnet/mean "));
    EXPECT_THAT(answer.err, HasSubstr("name the pipeline that makes it in `labels`"));
    EXPECT_THAT(answer.err, HasSubstr("drift = \"take\""));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
  const Answer taken =
      run("lens-short",
          "--set run.steps=10 --set components.contexts.drift=take --set components.heldout.drift=take");
  EXPECT_EQ(taken.code, 0) << taken.err;
}

TEST_F(LensRecipes, ALabelFileThatIsNotThereIsNamedAtItsLine) {
  const Answer answer = run("lens-short", "--set components.contexts.file=none.h5");
  EXPECT_EQ(answer.code, 3) << answer.err;
  EXPECT_THAT(answer.err, HasSubstr("none.h5"));
}

}  // namespace
}  // namespace gistmill
