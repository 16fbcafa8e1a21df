// The shipped recipes on the real model, cut to seconds.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/events.hpp"
#include "tests/e2e/small_training.hpp"

namespace gistmill {
namespace {

using ::testing::HasSubstr;

TEST_F(TrainTest, AnAdapterIsTrainedExportedAndReadAgain) {
  std::string recipe = "'" GISTMILL_SOURCE_DIR "/recipes/teacher/lora.toml' --set variables.model='" +
                       model() + "' --set variables.text=text";
  for (const char* value :
       {"run.steps=4", "learning_rate.peak=1e-3", "learning_rate.warmup=1", "components.corpus.length=64",
        "components.heldout.length=64", "evaluations.heldout.steps=2", "components.documents.group=file",
        "components.documents.hold_out=[]", "components.documents.validation=0.3", "checkpoints.every=2"}) {
    recipe += " --set '" + std::string(value) + "'";
  }
  const Answer run = gistmill("run " + recipe);
  ASSERT_EQ(run.code, 0) << run.err;
  const auto summary = nlohmann::json::parse(read(folder_ / "runs/lora/summary.json"));
  double before = 0.0, after = 0.0;
  for (const auto& entry : summary["evaluations"][0]["entries"]) {
    (entry["variant"] == "as it was" ? before : after) = entry["mean"];
  }
  EXPECT_LT(after, before) << "four steps on made-up prose leave their trace";

  ASSERT_EQ(gistmill("export runs/lora adapter").code, 0);
  ASSERT_EQ(gistmill("export runs/lora merged --merge").code, 0);
  const auto nll = [&](const std::string& model_and_options) {
    const Answer answer =
        gistmill("score " + model_and_options + " text/0.txt --json --set teacher.dtype=f32");
    EXPECT_EQ(answer.code, 0) << answer.err;
    return nlohmann::json::parse(answer.out)["mean_nll"].get<double>();
  };
  const double plain = nll("'" + model() + "'");
  const double adapted = nll("'" + model() + "' --set teacher.adapter=adapter");
  EXPECT_LT(adapted, plain - 0.01);
  EXPECT_NEAR(nll("merged --set tokenizer.model='" + model() + "'"), adapted, 0.01) << "bf16 rounds weights";
}

TEST_F(TrainTest, TheQuickstartRecipeTrainsBothCompressorsAndMeasuresTheLadder) {
  const std::string recipe = "'" GISTMILL_SOURCE_DIR "/recipes/gistnet/quickstart.toml'";
  const std::string stages = " --set 'stage.*.variables.model=" + model() +
                             "' --set 'stage.*.variables.text=text'" + " --set 'stage.*.run.steps=3'" +
                             sizes("stage.*.");
  const Answer answer = gistmill("run " + recipe + small() + stages);
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("contextual"));
  const auto summary = nlohmann::json::parse(read(folder_ / "runs/quickstart/summary.json"));
  const auto& entries = summary["evaluations"][0]["entries"];
  EXPECT_EQ(entries.size(), 9u * 2u);
  int gaps = 0;
  for (const auto& entry : entries) {
    EXPECT_EQ(entry["n"], 4) << entry;
    if (entry.contains("binding_gap")) ++gaps;
  }
  EXPECT_EQ(gaps, 4);
  for (const char* name : {"recipe.lock.toml", "events.jsonl", "report.html",
                           "checkpoints/refine/step-000003", "checkpoints/contextual/step-000003"}) {
    EXPECT_TRUE(std::filesystem::exists(folder_ / "runs/quickstart" / name)) << name;
  }
  const auto kept = nlohmann::json::parse(read(folder_ / "runs/quickstart/examples/heldout.json"));
  EXPECT_EQ(kept["examples"].size(), 2u * 2u * 3u) << "two compressors, three at each end";
  for (const auto& example : kept["examples"]) {
    EXPECT_EQ(example["tokens"].size(), 64u);
    double sum = 0.0;  // over the first 32, as the figure has it
    for (std::size_t i = 0; i < 32; ++i) sum += example["tokens"][i][1].get<double>();
    EXPECT_NEAR(sum / 32.0, example["value"].get<double>(), 1e-5);
    std::string text = example["text"];
    for (const auto& token : example["tokens"]) text += token[0].get<std::string>();
    std::string all;
    for (int document = 0; document < 12; ++document)
      all += read(folder_ / ("text/" + std::to_string(document) + ".txt"));
    EXPECT_THAT(all, HasSubstr(text)) << "the span and what follows it";
  }
  EXPECT_GE(kept["examples"][0]["value"], kept["examples"][1]["value"]) << "the worst first";
  EXPECT_LE(kept["examples"][3]["value"], kept["examples"][4]["value"]) << "the best first";
  EXPECT_THAT(read(folder_ / "runs/quickstart/report.html"), HasSubstr("Worst and best spans: heldout"));
  EXPECT_EQ(gistmill("run " + recipe + small() + stages + " --resume").code, 0);

  const Answer again = gistmill("evaluate " + recipe + small() + stages + " --json");
  ASSERT_EQ(again.code, 0) << again.err;
  const auto repeated = nlohmann::json::parse(again.out)["evaluations"][0]["entries"];
  ASSERT_EQ(repeated.size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(repeated[i]["mean"], entries[i]["mean"]);
}

TEST_F(TrainTest, ASecondLossIsMinimizedWithTheFirstAndBothAreLogged) {
  const std::string recipe = "'" GISTMILL_SOURCE_DIR "/recipes/gistnet/apart.toml'" + small() +
                             " --set run.steps=3 --set components.apart.margin=2.0";
  const Answer plan = gistmill("plan " + recipe + " --no-measure");
  EXPECT_THAT(plan.out, HasSubstr("minimizes loss + 0.1 apart; trains gist; 3 steps; logs similarity_std"))
      << plan.err;
  const Answer answer = gistmill("run " + recipe + " --folder apart");
  ASSERT_EQ(answer.code, 0) << answer.err;
  int steps = 0;
  for (const nlohmann::json& event : events_of(folder_ / "apart", "step")) {
    ++steps;
    const double loss = event["losses"]["loss"], apart = event["losses"]["apart"];
    EXPECT_GT(apart, 0) << "no two gists are opposite";
    EXPECT_NEAR(event["loss"].get<double>(), loss + 0.1 * apart, 1e-6);
  }
  EXPECT_EQ(steps, 3);
}

TEST_F(TrainTest, AStoppedRunContinuesToTheSameParametersBitForBit) {
  const std::string recipe = "'" GISTMILL_SOURCE_DIR "/recipes/gistnet/contextual.toml'" + small();
  const std::string settings = " --set run.steps=6";
  ASSERT_EQ(gistmill("run " + recipe + settings + " --folder straight").code, 0);
  ASSERT_EQ(gistmill("run " + recipe + settings + " --folder cut").code, 0);
  std::filesystem::remove_all(folder_ / "cut/checkpoints/step-000006");  // as if it had ended after step 4
  std::filesystem::remove(folder_ / "cut/summary.json");
  const Answer answer = gistmill("run " + recipe + settings + " --folder cut --resume");
  ASSERT_EQ(answer.code, 0) << answer.err;
  for (const char* file : {"parameters.safetensors", "optimizer.safetensors", "corpus.state"}) {
    EXPECT_EQ(read(folder_ / "straight/checkpoints/step-000006" / file),
              read(folder_ / "cut/checkpoints/step-000006" / file))
        << file;
  }
}

TEST_F(TrainTest, AContextFromDiskGivesTheBitsOfAComputedOne) {
  const std::string recipe =
      "'" GISTMILL_SOURCE_DIR "/recipes/gistnet/contextual.toml'" + small() +
      " --set run.steps=6 --set components.corpus.limit=2 --set evaluations.heldout.steps=1";
  const std::string cached = recipe + " --set 'pipelines.train.cache=[\"teacher.read\"]'";
  const auto run = [&](const std::string& settings, const std::string& folder) {
    const Answer answer = gistmill("run " + settings + " --folder " + folder);
    EXPECT_EQ(answer.code, 0) << answer.err;
    return read(folder_ / folder / "checkpoints/step-000006/parameters.safetensors");
  };
  const auto calls = [&](const std::string& folder, const char* kind) {
    int count = 0;
    for (const nlohmann::json& event : events_of(folder_ / folder, "step")) count += event[kind].get<int>();
    return count;
  };
  const std::string computed = run(recipe, "computed");
  EXPECT_EQ(run(cached, "first"), computed);
  EXPECT_EQ(calls("first", "cache_misses"), 2);
  EXPECT_EQ(calls("first", "cache_hits"), 1) << "passes = 2: each window twice in a row, and then from disk";
  EXPECT_EQ(run(cached, "second"), computed);
  EXPECT_EQ(calls("second", "cache_misses"), 0);
  EXPECT_EQ(calls("second", "cache_hits"), 3);

  std::filesystem::remove_all(folder_ / "second/checkpoints/step-000006");
  std::filesystem::remove(folder_ / "second/summary.json");
  EXPECT_EQ(run(cached + " --resume", "second"), computed);
}

TEST_F(TrainTest, PlanShowsShapesGradientsAndParameters) {
  const Answer answer =
      gistmill("plan '" GISTMILL_SOURCE_DIR "/recipes/gistnet/contextual.toml' --set variables.model='" +
               model() + "'");
  ASSERT_EQ(answer.code, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("D 576"));
  EXPECT_THAT(answer.out, HasSubstr("V 49152"));
  EXPECT_THAT(answer.out, HasSubstr("gist (gistnet/contextual) trains"));
}

TEST_F(TrainTest, PlanMeasuresThreeStepsOfAPreparedRecipe) {
  const std::string recipe = "'" GISTMILL_SOURCE_DIR "/recipes/gistnet/contextual.toml'" + small();
  EXPECT_THAT(gistmill("plan " + recipe).out, HasSubstr("not measured: "));
  ASSERT_EQ(gistmill("prepare " + recipe).code, 0);
  const Answer answer = gistmill("plan " + recipe + " --json");
  ASSERT_EQ(answer.code, 0) << answer.err;
  const auto measured = nlohmann::json::parse(answer.out)[0]["measured"];
  EXPECT_EQ(measured["items"]["option"], "components.corpus.spans");
  EXPECT_GT(measured["items_per_second"].get<double>(), 0);
  EXPECT_GT(measured["memory"]["instances_bytes"].get<double>(), 100e6) << "the model's weights";
  EXPECT_FALSE(std::filesystem::exists(folder_ / "runs"));
  EXPECT_EQ(gistmill("plan " + recipe + " --memory 100M").code, 5);
}

TEST_F(TrainTest, AnEvaluationOnTrainTextIsAWarning) {
  const std::string plan =
      "plan '" GISTMILL_SOURCE_DIR "/recipes/gistnet/contextual.toml' --no-measure" + small();
  EXPECT_THAT(gistmill(plan).err, ::testing::Not(HasSubstr("trained on")));
  const Answer said = gistmill(plan + " --set components.heldout.split=train");
  EXPECT_EQ(said.code, 0);
  EXPECT_THAT(said.err, HasSubstr("warning: --set components.heldout.split"));
  EXPECT_THAT(said.err,
              HasSubstr("evaluation 'heldout' measures text that is trained on: split of heldout is "
                        "\"train\"; split = \"validation\" reads what is held out"));
}

}  // namespace
}  // namespace gistmill
