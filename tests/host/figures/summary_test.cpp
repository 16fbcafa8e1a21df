// summary.json: what is written comes back, and what is no summary is refused.
#include "host/figures/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/diagnostic/failure.hpp"
#include "tests/host/report/scratch_folder.hpp"

namespace gistmill {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

RunSummary example() {
  EvaluationEntry entry;
  entry.variant = "contextual";
  entry.figure = "delta_nll.32";
  entry.trained = true;
  entry.measured = {0.256, 0.018, 512, 64};
  entry.recovered = Estimate{0.547, 0.02, 512, 64};
  entry.paired = Estimate{-0.06, std::numeric_limits<double>::quiet_NaN(), 512, 64};
  EvaluationTable table;
  table.name = "heldout";
  table.cluster = "document";
  table.stage = "contextual";
  table.step = 600;
  table.reference = "dropped";
  table.paired = "last 1 in place";
  table.headline = "delta_nll.32";
  table.described = {{"delta_nll.32", {Aggregate::mean, Better::lower, "nats", "delta-NLL", "H", 0.0}}};
  table.entries = {entry};
  RunSummary summary;
  summary.recipe = "quickstart.toml";
  summary.run = {"finished", 512.5, 1'300'000'000, 2'950'000, 600, 8400, 2, 7, "0.1.0"};
  summary.evaluations = {table};
  return summary;
}

TEST(Summary, HasTheKeysOfTheDocument) {
  const Json json = to_json(example());
  EXPECT_EQ(json["format"], 1);
  EXPECT_EQ(json["recipe"], "quickstart.toml");
  EXPECT_EQ(json["run"]["parameters"], 2'950'000);
  EXPECT_EQ(json["run"]["seconds"], 512.5);
  const Json& table = json["evaluations"][0];
  EXPECT_EQ(table["name"], "heldout");
  EXPECT_EQ(table["stage"], "contextual");
  EXPECT_EQ(table["items"], "spans");
  EXPECT_EQ(table["cluster"], "document");
  EXPECT_EQ(table["figures"], Json::parse(R"([{"name": "delta_nll.32", "aggregate": "mean", "better": "lower",
                                              "unit": "nats", "title": "delta-NLL", "column": "H",
                                              "ideal": 0.0}])"));
  const Json& entry = table["entries"][0];
  EXPECT_EQ(entry["variant"], "contextual");
  EXPECT_EQ(entry["value"], 0.256);
  EXPECT_EQ(entry["mean"], 0.256);
  EXPECT_EQ(entry["n"], 512);
  EXPECT_EQ(entry["documents"], 64);
  EXPECT_EQ(entry["recovered_standard_error"], 0.02);
  EXPECT_FALSE(entry.contains("binding_gap"));
}

TEST(Summary, SaysWhatIsWantedAndWhichEntriesMeetIt) {
  RunSummary summary = example();
  summary.evaluations[0].targets = {{"delta_nll.32", 0.5, std::nullopt, 2.0},
                                    {"delta_nll.64", std::nullopt, 0.1, std::nullopt, "last 1"}};
  const Json table = to_json(summary)["evaluations"][0];
  EXPECT_EQ(table["targets"], Json::parse(R"([{"figure": "delta_nll.32", "below": 0.5, "bad": 2.0},
                                           {"figure": "delta_nll.64", "above": 0.1, "than": "last 1"}])"));
  EXPECT_EQ(table["entries"][0]["verdict"], "met");
  EXPECT_EQ(evaluation_from_json(table).targets, summary.evaluations[0].targets);
}

TEST(Summary, KeepsWhatIsPublishedAndWhetherItAgrees) {
  RunSummary summary = example();
  summary.evaluations[0].entries[0].published = {"delta_nll.32", 0.25, 0.01};
  const Json table = to_json(summary)["evaluations"][0];
  EXPECT_EQ(table["entries"][0]["published"], 0.25);
  EXPECT_EQ(table["entries"][0]["published_within"], 0.01);
  EXPECT_EQ(table["entries"][0]["agrees"], true);
  EXPECT_EQ(evaluation_from_json(table).entries[0].published, summary.evaluations[0].entries[0].published);
  EXPECT_FALSE(to_json(example())["evaluations"][0]["entries"][0].contains("published"));
}

TEST(Summary, KeepsIntervals) {
  RunSummary summary = example();
  summary.evaluations[0].entries[0].measured.interval = Bounds{0.22, 0.29};
  summary.evaluations[0].entries[0].paired->interval = Bounds{-0.08, -0.04};
  const Json table = to_json(summary)["evaluations"][0];
  EXPECT_EQ(table["entries"][0]["interval"], Json::parse("[0.22, 0.29]"));
  EXPECT_EQ(table["entries"][0]["paired_interval"], Json::parse("[-0.08, -0.04]"));
  EXPECT_FALSE(table["entries"][0].contains("recovered_interval"));
  EXPECT_EQ(to_json(evaluation_from_json(table)), table);
}

TEST(Summary, HasNoVerdictWithoutATarget) {
  EXPECT_FALSE(to_json(example())["evaluations"][0]["entries"][0].contains("verdict"));
}

TEST(Summary, DoesNotCallASumAMean) {
  RunSummary summary = example();
  summary.evaluations[0].described[0].spec.aggregate = Aggregate::sum;
  const Json entry = to_json(summary)["evaluations"][0]["entries"][0];
  EXPECT_EQ(entry["value"], 0.256);
  EXPECT_FALSE(entry.contains("mean"));
}

TEST(Summary, ReadsAnEvaluationOfBeforeFiguresWereDescribed) {
  const EvaluationTable table = evaluation_from_json(Json::parse(
      R"({"name": "heldout", "entries": [{"variant": "a", "figure": "kl.8", "mean": 0.5, "n": 9, "documents": 3}]})"));
  EXPECT_EQ(table.entries.at(0).measured.value, 0.5);
  EXPECT_EQ(table.entries.at(0).measured.clusters, 3);
  EXPECT_EQ(table.cluster, "document");
  EXPECT_EQ(table.figure("kl.8"), (Figure{"kl.8", FigureSpec{}}));
}

TEST(Summary, KeepsWhatAFigureIsDrawnOver) {
  RunSummary summary = example();
  EXPECT_FALSE(to_json(summary)["evaluations"][0]["figures"][0].contains("over"));
  summary.evaluations[0].described[0].spec.over = "kept";
  const EvaluationTable table = evaluation_from_json(to_json(summary)["evaluations"][0]);
  EXPECT_EQ(table.figure(table.figures()[0]).spec.over, "kept");
}

TEST(Summary, WritesNullForANumberThatIsNotFinite) {
  EXPECT_TRUE(to_json(example())["evaluations"][0]["entries"][0]["paired_standard_error"].is_null());
}

TEST(Summary, ComesBackFromItsFile) {
  const ScratchFolder folder;
  write_summary(folder / "summary.json", example());
  const RunSummary back = read_summary(folder / "summary.json");
  EXPECT_EQ(to_json(back), to_json(example()));
  const EvaluationEntry& entry = back.evaluations.at(0).entries.at(0);
  EXPECT_TRUE(std::isnan(entry.paired->standard_error));
  EXPECT_EQ(entry.recovered->clusters, 64);
  EXPECT_FALSE(entry.binding_gap.has_value());
}

TEST(Summary, ReadsMissingKeysAsDefaultsAndIgnoresOthers) {
  const RunSummary summary = summary_from_json(
      Json::parse(R"({"format": 1, "later": 3, "evaluations": [{"name": "x", "entries": [{}]}]})"));
  EXPECT_EQ(summary.recipe, "");
  EXPECT_EQ(summary.evaluations.at(0).name, "x");
  EXPECT_TRUE(std::isnan(summary.evaluations.at(0).entries.at(0).measured.value));
}

TEST(Summary, RefusesAnotherFormat) {
  try {
    summary_from_json(Json::parse(R"({"format": 2})"));
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.message(), "summary has format 2 when it should be 1");
    EXPECT_EQ(failure.code(), ExitCode::failed);
  }
}

TEST(Summary, RefusesValuesOfTheWrongType) {
  for (const char* text :
       {R"({"format": 1, "recipe": 5})", R"({"format": 1, "evaluations": [{"entries": [7]}]})",
        R"({"format": 1, "run": {"seconds": "long"}})", R"({"format": "one"})", R"([1, 2])"}) {
    EXPECT_THROW(summary_from_json(Json::parse(text)), Failure) << text;
  }
}

TEST(Summary, NamesAFileThatIsNotJson) {
  const ScratchFolder folder;
  std::ofstream(folder / "summary.json") << "{\"format\": 1, ";
  try {
    read_summary(folder / "summary.json");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("summary.json"));
    EXPECT_THAT(failure.what(), HasSubstr("is not JSON"));
  }
}

TEST(Summary, NamesAFileThatIsNotThere) {
  const ScratchFolder folder;
  try {
    read_summary(folder / "summary.json");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("no such file"));
  }
}

}  // namespace
}  // namespace gistmill
