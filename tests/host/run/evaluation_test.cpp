// What evaluations make of figures that manifests describe, through whole runs on test/talk and
// test/measures.
#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "host/figures/measured_items.hpp"
#include "tests/host/run/run_fixture.hpp"

namespace gistmill {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kLook = R"(
[components]
talk     = { use = "test/talk" }
measures = { use = "test/measures" }
start    = { use = "test/scale" }
[pipelines.look]
steps = ["talk.next", "scale.apply", { call = "measures.measure", in = { x = "y" } }]
[evaluations.look]
pipeline = "look"
steps = 2
)";

class EvaluationRunTest : public RunTest {
 protected:
  // Entry of the only variant, or of `variant`, in summary.json.
  nlohmann::json entry(const std::string& figure, const std::string& variant = "look") {
    const auto summary = nlohmann::json::parse(read(folder_ / "run/summary.json"));
    for (const auto& entry : summary["evaluations"][0]["entries"]) {
      if (entry["figure"] == figure && entry["variant"] == variant) return entry;
    }
    ADD_FAILURE() << "no entry " << variant << ", " << figure << " in " << summary;
    return {};
  }

  std::vector<std::string> messages() {
    std::vector<std::string> texts;
    for (const auto& event : events("message")) {
      texts.push_back(event["level"].get<std::string>() + ": " + event["text"].get<std::string>());
    }
    return texts;
  }
};

// Of 1, 2, ..., 8, of which higher scores are better.
TEST_F(EvaluationRunTest, KeepsTheWorstAndTheBestItemsOfWhatTrainedAsText) {
  run(request(recipe(std::string("[run]\nsteps = 2\n") + kLook + R"(headline = "score"
examples = { item = "own", tokens = "next", values = "lost", less = "less", mask = "there", decoder = "spelled", count = 2 }
[evaluations.look.variants]
trained   = {}
untrained = { use = { scale = "start" } }
[components.spelled]
use = "test/spelled"
[pipelines.look.insert.after]
"measures.measure" = ["spelled.spell"]
)")));
  const auto kept = nlohmann::json::parse(read(folder_ / "run/examples/look.json"));
  std::vector<std::string> texts;
  for (const auto& example : kept["examples"]) {
    EXPECT_EQ(example["variant"], "trained");
    EXPECT_NE(example["item"], "");
    std::string text = std::string(example["rank"]) + " " + std::string(example["text"]) + ":";
    for (std::size_t i = 0; i < example["tokens"].size(); ++i) {
      text += std::string(example["tokens"][i][0]);
      EXPECT_EQ(example["tokens"][i][1], 0.25 * static_cast<double>(i + 1)) << "lost, less what is not lost";
    }
    texts.push_back(text);
  }
  EXPECT_THAT(texts, testing::ElementsAre("worst a:bcd", "worst b:cd", "best h:ij", "best g:hij"));
}

TEST_F(EvaluationRunTest, KeepsNoTextWhereTheRecipeAsksForNone) {
  run(request(recipe(std::string("[run]\nsteps = 2\n") + kLook)));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/examples"));
}

// Of 1, 2, ..., 8.
TEST_F(EvaluationRunTest, ComputesEachFigureAsItsManifestNamesIt) {
  run(request(recipe(std::string("[run]\nsteps = 0\n") + kLook)));
  EXPECT_EQ(entry("score")["value"], 4.5);
  EXPECT_EQ(entry("score")["mean"], 4.5);
  EXPECT_EQ(entry("hits")["value"], 36.0);
  EXPECT_FALSE(entry("hits").contains("mean"));
  EXPECT_NEAR(entry("latency")["value"], 7.65, 1e-9);
  EXPECT_TRUE(entry("latency")["standard_error"].is_null());
  EXPECT_EQ(entry("worst")["value"], 8.0);
  EXPECT_TRUE(entry("worst")["standard_error"].is_null());
  EXPECT_EQ(entry("found")["value"], 6.0);
}

TEST_F(EvaluationRunTest, ClustersByAPortOfAnyName) {
  const RunOutcome outcome = run(request(recipe(std::string("[run]\nsteps = 0\n") + kLook)));
  EXPECT_EQ(entry("hits")["n"], 8);
  EXPECT_EQ(entry("hits")["documents"], 4);
  // Sums 3, 7, 11 and 15 of the speakers around 9: 4/3 * (36 + 4 + 4 + 36), its root.
  EXPECT_NEAR(entry("hits")["standard_error"], std::sqrt(320.0 / 3.0), 1e-9);
  EXPECT_THAT(outcome.text, HasSubstr("8 items of 4 speakers, sum of hits (standard error)"));
  EXPECT_THAT(messages(), Not(Contains(HasSubstr("independent"))));
}

TEST_F(EvaluationRunTest, ClustersByTheFirstOfTwoPortsAndWarnsOfTheOther) {
  run(request(recipe(R"(
[components]
talk     = { use = "test/talk" }
other    = { use = "test/talk" }
measures = { use = "test/measures" }
[run]
steps = 0
[pipelines.look]
steps = [
  { call = "other.next", out = { x = "heard", speaker = "listener" } },
  "talk.next",
  { call = "measures.measure", in = { x = "x" } },
]
[evaluations.look]
pipeline = "look"
steps = 2
)")));
  EXPECT_THAT(messages(),
              Contains("warning: evaluation 'look': its standard errors are clustered by listener, "
                       "not by speaker"));
  EXPECT_EQ(entry("hits")["documents"], 4);
}

TEST_F(EvaluationRunTest, WarnsThatErrorsAssumeIndependentItemsWhereNothingClustersThem) {
  const RunOutcome outcome = run(request(recipe(R"(
[components]
measures = { use = "test/measures" }
[run]
steps = 0
[pipelines.look]
steps = ["data.next", "measures.measure"]
[evaluations.look]
pipeline = "look"
steps = 2
)")));
  EXPECT_THAT(messages(), Contains("warning: evaluation 'look': nothing in pipeline 'look' says which items "
                                   "belong together (cluster = true in a manifest), so its standard errors "
                                   "assume independent items"));
  EXPECT_EQ(entry("score")["documents"], 8);
  EXPECT_THAT(outcome.text, HasSubstr("8 items taken as independent, sum of hits"));
  EXPECT_EQ(events("evaluation")[0]["cluster"], "");
}

TEST_F(EvaluationRunTest, SendsWhatManifestsSayOfFigures) {
  run(request(recipe(std::string("[run]\nsteps = 0\n") + kLook)));
  const auto event = events("evaluation").at(0);
  EXPECT_EQ(event["cluster"], "speaker");
  EXPECT_EQ(event["figures"][0], nlohmann::json::parse(R"({"name": "score", "aggregate": "mean",
      "better": "higher", "unit": "", "title": "score", "column": "", "ideal": 10.0})"));
  EXPECT_EQ(event["figures"][2]["aggregate"], "p95");
  EXPECT_EQ(event["figures"][2]["unit"], "ms");
  EXPECT_EQ(event["figures"][2]["better"], "lower");
}

// Training brings y, and so every figure, down step by step.
TEST_F(EvaluationRunTest, KeepsTheCheckpointWithTheGreatestValueWhereHigherIsBetter) {
  run(request(recipe(std::string(kLook) + "every = 2\nbest = \"score\"\n")));
  EXPECT_THAT(messages(), Contains("info: using the best checkpoint, of step 2"));
}

TEST_F(EvaluationRunTest, KeepsTheCheckpointWithTheLeastValueWhereLowerIsBetter) {
  run(request(recipe(std::string(kLook) + "every = 2\nbest = \"worst\"\n")));
  EXPECT_THAT(messages(), Not(Contains(HasSubstr("using the best checkpoint"))));
  EXPECT_EQ(events("checkpoint").back()["step"], 8);
  EXPECT_EQ(events("checkpoint").back()["best"], true);
}

// The source gives more with every call, and training calls it between the evaluations.
TEST_F(EvaluationRunTest, MeasuresTheSameItemsAfterEveryStep) {
  run(request(recipe(R"(
[components]
data     = { use = "test/ramp", growth = 1 }
measures = { use = "test/measures" }
[pipelines.look]
steps = ["data.next", "measures.measure"]
[evaluations.look]
pipeline = "look"
steps = 2
every = 2
)")));
  const auto evaluations = events("evaluation");
  ASSERT_EQ(evaluations.size(), 4u);
  EXPECT_NEAR(evaluations[0]["entries"][0]["value"], 0.625 * (1 + 2) / 2, 1e-6);
  for (const auto& evaluation : evaluations) EXPECT_EQ(evaluation["entries"], evaluations[0]["entries"]);
}

TEST_F(EvaluationRunTest, WhatIsDueEverySoManyStepsIsRunOnceWhereNothingTrains) {
  run(request(recipe(std::string("[run]\nsteps = 0\n") + kLook + "every = 2\n")));
  EXPECT_EQ(events("evaluation").size(), 1u);
}

constexpr const char* kAgainstTheStart = R"(reference = "start"
paired = "start"
[[evaluations.look.variants]]
name = "trained"
[[evaluations.look.variants]]
name = "start"
use = { scale = "start" }
)";

TEST_F(EvaluationRunTest, SaysThatLessFallsShortWhereHigherIsBetter) {
  const RunOutcome outcome =
      run(request(recipe(std::string(kLook) + "headline = \"score\"\n" + kAgainstTheStart)));
  EXPECT_THAT(outcome.text, HasSubstr("difference from start, above 0 is better"));
  EXPECT_THAT(outcome.text, HasSubstr("trained falls short of start by "));
  EXPECT_LT(entry("score", "trained")["recovered"], 0.0) << "further from 10 than the start";
  EXPECT_FALSE(entry("hits", "trained").contains("recovered")) << "nobody knows how many hits there could be";
}

// The row of nothing and that of everything may run what was trained, under another mask.
TEST_F(EvaluationRunTest, ControlsDoNotCountAsWhatWasTrained) {
  run(request(recipe(std::string(kLook) + R"(headline = "score"
reference = "nothing"
ceiling = "everything"
[[evaluations.look.variants]]
name = "nothing"
[[evaluations.look.variants]]
name = "everything"
[[evaluations.look.variants]]
name = "what it is about"
)")));
  EXPECT_FALSE(entry("score", "nothing")["trained"]);
  EXPECT_FALSE(entry("score", "everything")["trained"]);
  EXPECT_TRUE(entry("score", "what it is about")["trained"]);
}

TEST_F(EvaluationRunTest, SaysWhyAPercentileOfFewClustersHasNoError) {
  const RunOutcome outcome =
      run(request(recipe(std::string(kLook) + "headline = \"latency\"\n" + kAgainstTheStart)));
  EXPECT_THAT(outcome.text, HasSubstr(" ms below start; 4 speakers are too few for the standard error of a "
                                      "percentile"));
  EXPECT_GT(entry("latency", "trained")["recovered"], 0.0);
}

// Keys are of what was measured, rows of how it came out: training moves these alone.
TEST_F(EvaluationRunTest, ItemsHaveTheSameKeysInTwoRunsThatMeasuredTheSame) {
  const std::filesystem::path look = recipe(kLook);
  RunRequest untrained = request(look, "first");
  untrained.overrides = {"run.steps=0"};
  run(untrained);
  run(request(look, "second"));
  RunRequest of_other_data = request(look, "other");
  of_other_data.overrides = {"run.steps=0", "components.talk.size=2", "components.data.size=2"};
  run(of_other_data);
  const auto of = [&](const std::string& name) {
    return read_items(items_file(folder_ / name, "", "look")).rows.variants.at(0);
  };
  const auto first = of("first");
  const auto second = of("second");
  EXPECT_EQ(std::set<std::string>(first.keys.begin(), first.keys.end()).size(), 8u);
  EXPECT_EQ(first.keys, second.keys);
  EXPECT_EQ(first.clusters, second.clusters);
  EXPECT_NE(first.rows, second.rows);
  const auto other = of("other");
  for (const std::string& key : other.keys) EXPECT_THAT(first.keys, Not(Contains(key)));
}

}  // namespace
}  // namespace gistmill
