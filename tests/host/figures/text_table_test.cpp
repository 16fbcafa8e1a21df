// The whole text of tables: the layout is the specification.
#include "host/figures/text_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace gistmill {
namespace {

const FigureSpec kDeltaNll = {Aggregate::mean, Better::lower, "nats", "delta-NLL", "H", std::nullopt};

EvaluationEntry entry(std::string variant, std::string figure, double mean, double error, double recovered) {
  EvaluationEntry out;
  out.variant = std::move(variant);
  out.figure = std::move(figure);
  out.measured = {mean, error, 512, 64};
  out.recovered = Estimate{recovered, 0.03, 512, 64};
  return out;
}

EvaluationEntry trained(EvaluationEntry out, double paired, double paired_error, double gap,
                        double gap_error) {
  out.trained = true;
  out.paired = Estimate{paired, paired_error, 512, 64};
  out.binding_gap = Estimate{gap, gap_error, 512, 64};
  return out;
}

EvaluationTable ladder() {
  EvaluationTable table;
  table.name = "held out";
  table.cluster = "document";
  table.reference = "dropped";
  table.paired = "last 1 in place";
  table.described = {{"delta_nll.32", kDeltaNll}};
  table.entries = {
      entry("dropped", "delta_nll.32", 0.565, 0.019, 0.0),
      entry("last 1 in place", "delta_nll.32", 0.316, 0.021, 0.4407),
      trained(entry("contextual", "delta_nll.32", 0.256, 0.018, 0.5469), -0.06, 0.009, 0.258, 0.02),
      trained(entry("refine", "delta_nll.32", 0.293, 0.020, 0.4814), -0.015, 0.008, 0.1, 0.02),
  };
  return table;
}

TEST(TextTable, ShowsOneHorizonWithItsComparisonsAndOutcome) {
  EXPECT_EQ(
      text_table(ladder()),
      "held out, 512 spans of 64 documents, delta-NLL in nats (standard error), recovered share\n"
      "                           H = 32\n"
      "  dropped           0.565 (0.019)    0 %\n"
      "  last 1 in place   0.316 (0.021)   44 %\n"
      "  contextual        0.256 (0.018)   55 %\n"
      "  refine            0.293 (0.020)   48 %\n"
      "  difference from last 1 in place, below 0 is better\n"
      "  contextual       -0.060 (0.009)\n"
      "  refine           -0.015 (0.008)\n"
      "  binding gap: another item's gist in place of its own\n"
      "  contextual       +0.258 (0.020)\n"
      "  refine           +0.100 (0.020)\n"
      "contextual beats last 1 in place by 0.060 nats at H = 32, 6.7 standard errors\n"
      "refine and last 1 in place are not distinguishable at H = 32: -0.015 nats, 1.9 standard errors\n");
}

TEST(TextTable, SaysWhetherTargetsAreMetAndByHowManyOfTheUntrained) {
  EvaluationTable table = ladder();
  table.reference = table.paired = "";
  table.targets = {{"delta_nll.32", 0.27, std::nullopt, 2.0}};
  table.entries[1].measured.value = 0.1;
  for (EvaluationEntry& one : table.entries) one.recovered = one.paired = one.binding_gap = std::nullopt;
  EXPECT_EQ(text_table(table),
            "held out, 512 spans of 64 documents, delta-NLL in nats (standard error)\n"
            "                                  H = 32\n"
            "  dropped                  0.565 (0.019)\n"
            "  last 1 in place          0.100 (0.021)\n"
            "  contextual               0.256 (0.018)\n"
            "  refine                   0.293 (0.020)\n"
            "  target                      below 0.27\n"
            "  bad                            above 2\n"
            "  contextual                         met\n"
            "  refine                          missed\n"
            "  untrained that meet it          1 of 2\n"
            "contextual reaches 0.256 (0.018) nats at H = 32\n"
            "refine reaches 0.293 (0.020) nats at H = 32\n");
}

TEST(TextTable, SaysAboveZeroWhereHigherIsBetter) {
  EvaluationTable table;
  table.name = "heldout";
  table.reference = "dropped";
  table.paired = "dropped";
  table.cluster = "speaker";
  table.described = {{"hits", {Aggregate::sum, Better::higher, "", "hits", "", std::nullopt}}};
  EvaluationEntry better = trained(entry("contextual", "hits", 250.0, 12.0, 0.0), 40.0, 8.0, 20.0, 9.0);
  table.entries = {entry("dropped", "hits", 210.0, 11.0, 0.0), better};
  for (EvaluationEntry& one : table.entries) one.recovered.reset();
  EXPECT_EQ(text_table(table),
            "heldout, 512 spans of 64 speakers, sum of hits (standard error)\n"
            "  dropped       210.0 (11.0)\n"
            "  contextual    250.0 (12.0)\n"
            "  difference from dropped, above 0 is better\n"
            "  contextual +40.000 (8.000)\n"
            "  binding gap: another item's gist in place of its own\n"
            "  contextual +20.000 (9.000)\n"
            "contextual beats dropped by 40.000, 5.0 standard errors\n");
}

TEST(TextTable, DoesNotPromiseAnErrorWhereThereIsNone) {
  EvaluationTable table;
  table.name = "heldout";
  table.cluster = "document";
  table.described = {{"worst", {Aggregate::max, Better::lower, "ms", "latency", "", std::nullopt}}};
  table.entries = {entry("a", "worst", 12.0, std::nan(""), 0.0)};
  table.entries[0].recovered.reset();
  EXPECT_EQ(text_table(table),
            "heldout, 512 spans of 64 documents, maximum of latency in ms\n"
            "  a          12.000\n");
}

TEST(TextTable, PutsHorizonsSideBySide) {
  EvaluationTable table;
  table.name = "heldout";
  table.cluster = "document";
  table.described = {{"delta_nll.8", kDeltaNll}, {"delta_nll.32", kDeltaNll}};
  table.entries = {
      entry("dropped", "delta_nll.8", 1.84, 0.061, 0.0), entry("dropped", "delta_nll.32", 0.565, 0.019, 0.0),
      entry("last 1", "delta_nll.8", 1.09, 0.05, 0.41), entry("last 1", "delta_nll.32", 0.316, 0.021, 0.44)};
  EXPECT_EQ(text_table(table),
            "heldout, 512 spans of 64 documents, delta-NLL in nats (standard error)\n"
            "                    H = 8                 H = 32\n"
            "  dropped   1.840 (0.061)    0 %   0.565 (0.019)    0 %\n"
            "  last 1    1.090 (0.050)   41 %   0.316 (0.021)   44 %\n");
}

TEST(TextTable, GivesEachKindOfFigureItsOwnBlock) {
  EvaluationTable table;
  table.name = "heldout";
  table.cluster = "document";
  table.described = {{"delta_nll.32", kDeltaNll}};
  table.entries = {entry("a", "delta_nll.32", 0.5, 0.1, 0.0), entry("a", "speed", 14.0, 0.5, 0.0)};
  for (EvaluationEntry& one : table.entries) one.recovered.reset();
  EXPECT_EQ(text_table(table),
            "heldout, 512 spans of 64 documents, delta-NLL in nats (standard error)\n"
            "             H = 32\n"
            "  a   0.500 (0.100)\n"
            "heldout, 512 spans of 64 documents, speed (standard error)\n"
            "  a  14.000 (0.500)\n");
}

TEST(TextTable, TellsTwoFiguresOfOneMetricApartByTheirNames) {
  EvaluationTable table = ladder();
  table.described.push_back({"delta_nll_later.32", kDeltaNll});
  table.entries.push_back(entry("dropped", "delta_nll_later.32", 0.3, 0.01, 0.0));
  const std::string text = text_table(table);
  EXPECT_THAT(text, ::testing::HasSubstr("documents, delta-NLL in nats (standard error)"));
  EXPECT_THAT(text, ::testing::HasSubstr("documents, delta-NLL in nats, delta_nll_later (standard error)"));
}

TEST(TextTable, CountsCharactersAndNotBytesOfNames) {
  EvaluationTable table;
  table.name = "heldout";
  table.cluster = "document";
  table.entries = {entry("größer", "x", 0.5, 0.1, 0.0), entry("bigger", "x", 0.5, 0.1, 0.0)};
  EXPECT_THAT(text_table(table),
              testing::HasSubstr("  größer   0.500 (0.100)    0 %\n  bigger   0.500 (0.100)    0 %\n"));
}

TEST(TextTable, ShowsWhatEveryVariantSharesOnce) {
  EvaluationTable table = ladder();
  table.described.push_back({"nll", {Aggregate::mean, Better::lower, "nats", "NLL", "", std::nullopt}});
  table.headline = "delta_nll.32";
  for (const std::string& variant : table.variants())
    table.entries.push_back(entry(variant, "nll", 3.12, 0.084, 0.0));
  EXPECT_THAT(text_table(table),
              ::testing::HasSubstr(
                  "held out, 512 spans of 64 documents, NLL in nats (standard error): 3.120 (0.084), "
                  "whatever the variant\n"));
  table.entries.back().measured.value = 3.121;
  EXPECT_THAT(text_table(table), ::testing::HasSubstr("  refine            3.121 (0.084)"));
}

TEST(TextTable, SaysOnceHowManyItemsThereAreWhereEachIsACluster) {
  EvaluationTable table = ladder();
  table.items = "samples";
  table.cluster = "sample";
  for (EvaluationEntry& one : table.entries) one.measured.clusters = one.measured.items = 64;
  EXPECT_THAT(text_table(table), ::testing::StartsWith("held out, 64 samples, delta-NLL"));
}

TEST(TextTable, IsEmptyWithoutEntries) { EXPECT_EQ(text_table(EvaluationTable{}), ""); }

TEST(TextTable, HasWhatIsPublishedBesideWhatWasMeasured) {
  EvaluationTable table;
  table.name = "seen";
  table.items = "texts";
  table.cluster = "prompt";
  table.described = {{"rougeL.f1", {Aggregate::mean, Better::higher, "points", "ROUGE-L", "", 100.0}}};
  for (const char* variant : {"gist 1", "whole prompt", "ours"}) {
    EvaluationEntry& entry = table.entries.emplace_back();
    entry.variant = variant;
    entry.figure = "rougeL.f1";
    entry.measured = {57.84, 0.8121, 1000, 998};
  }
  table.entries[0].published = {"rougeL.f1", 57.779, 0.17};
  table.entries[1].published = {"rougeL.f1", 58.0104, 0.1};
  EXPECT_EQ(text_table(table),
            "seen, 1000 texts of 998 prompts, ROUGE-L in points (standard error)\n"
            "                            f1          published  difference\n"
            "  gist 1        57.840 (0.812)             57.779      +0.061    agrees\n"
            "  whole prompt  57.840 (0.812)             58.010      -0.170   differs\n"
            "  ours          57.840 (0.812)\n");
}

TEST(TextTable, HasIntervalsInPlaceOfErrorsWhereTheyWereMade) {
  EvaluationTable table = ladder();
  table.reference.clear();
  table.entries.resize(3);
  for (EvaluationEntry& entry : table.entries) {
    entry.recovered.reset();
    entry.binding_gap.reset();
    entry.measured.interval = Bounds{entry.measured.value - 0.03, entry.measured.value + 0.05};
    if (entry.paired) entry.paired->interval = Bounds{-0.08, -0.041};
  }
  EXPECT_EQ(text_table(table),
            "held out, 512 spans of 64 documents, delta-NLL in nats (95 % interval by bootstrap)\n"
            "                                     H = 32\n"
            "  dropped              0.565 [0.535, 0.615]\n"
            "  last 1 in place      0.316 [0.286, 0.366]\n"
            "  contextual           0.256 [0.226, 0.306]\n"
            "  difference from last 1 in place, below 0 is better\n"
            "  contextual        -0.060 [-0.080, -0.041]\n"
            "contextual beats last 1 in place by 0.060 nats at H = 32, 95 % interval -0.080 to -0.041\n");
}

}  // namespace
}  // namespace gistmill
