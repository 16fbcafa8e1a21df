// Numbers and sentences as people read them.
#include "host/figures/wording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

const FigureSpec kDeltaNll = {Aggregate::mean, Better::lower, "nats", "delta-NLL", "H", std::nullopt};

EvaluationTable compared(double difference, double error) {
  EvaluationTable table;
  table.name = "heldout";
  table.paired = "last 1";
  EvaluationEntry entry;
  entry.variant = "contextual";
  entry.figure = "delta_nll.32";
  entry.trained = true;
  entry.measured = {0.256, 0.018, 512, 64};
  entry.paired = Estimate{difference, error, 512, 64};
  table.cluster = "document";
  table.entries = {entry};
  table.described = {{"delta_nll.32", kDeltaNll}};
  return table;
}

TEST(Wording, SplitsAFigureAtTheFirstPoint) {
  EXPECT_EQ(split_figure("delta_nll.32").port, "delta_nll");
  EXPECT_EQ(split_figure("delta_nll.32").label, "32");
  EXPECT_EQ(split_figure("speed").port, "speed");
  EXPECT_EQ(split_figure("speed").label, "");
  EXPECT_EQ(split_figure("rouge.l.f1").label, "l.f1");
}

TEST(Wording, CallsAFigureWhatItsManifestSaysOrElseByItsPort) {
  EXPECT_EQ(figure_title({"delta_nll.32", kDeltaNll}), "delta-NLL in nats");
  EXPECT_EQ(figure_title({"my_score", {}}), "my_score");
  EXPECT_EQ(column_title({"delta_nll.32", kDeltaNll}), "H = 32");
  EXPECT_EQ(column_title({"rouge.l", {}}), "l");
  EXPECT_EQ(column_title({"loss", kDeltaNll}), "");
}

TEST(Wording, SaysHowAFigureIsMadeWhereItIsNoMean) {
  FigureSpec spec = {Aggregate::sum, Better::lower, "ms", "latency", "", std::nullopt};
  EXPECT_EQ(figure_title({"x", spec}), "sum of latency in ms");
  spec.aggregate = Aggregate::p95;
  EXPECT_EQ(figure_title({"x", spec}), "95th percentile of latency in ms");
  spec.aggregate = Aggregate::max;
  EXPECT_EQ(figure_title({"x", spec}), "maximum of latency in ms");
  spec.aggregate = Aggregate::count;
  EXPECT_EQ(figure_title({"x", spec}), "count of latency");
}

TEST(Wording, WritesFewerDecimalsOfGreaterValuesAndNoneOfACount) {
  EXPECT_EQ(with_error({123.456, 1.234, 9, 3}), "123.5 (1.2)");
  EXPECT_EQ(with_error({123456.7, 89.1, 9, 3}), "123457 (89)");
  EXPECT_EQ(with_error({37, 4.4, 9, 3}, Aggregate::count), "37 (4)");
}

TEST(Wording, PutsTheErrorInBrackets) {
  EXPECT_EQ(with_error({0.2561, 0.0184, 9, 3}), "0.256 (0.018)");
  EXPECT_EQ(with_error({0.2561, kNan, 9, 1}), "0.256");
  EXPECT_EQ(with_error({kNan, kNan, 0, 0}), "-");
  EXPECT_EQ(signed_with_error({0.01, 0.002, 9, 3}), "+0.010 (0.002)");
  EXPECT_EQ(signed_with_error({-0.01, 0.002, 9, 3}), "-0.010 (0.002)");
}

TEST(Wording, RoundsSharesToWholePercentWithoutANegativeZero) {
  EXPECT_EQ(percent(0.547), "55 %");
  EXPECT_EQ(percent(-0.031), "-3 %");
  EXPECT_EQ(percent(-0.001), "0 %");
  EXPECT_EQ(percent(kNan), "-");
}

TEST(Wording, WritesDurationsAsClocks) {
  EXPECT_EQ(duration(48.2), "48 s");
  EXPECT_EQ(duration(59.6), "1:00 min");
  EXPECT_EQ(duration(242), "4:02 min");
  EXPECT_EQ(duration(3753), "1:02:33 h");
  EXPECT_EQ(duration(kNan), "-");
}

TEST(Wording, ShortensCountsAndBytes) {
  EXPECT_EQ(short_count(600), "600");
  EXPECT_EQ(short_count(14100), "14.1 k");
  EXPECT_EQ(short_count(2'950'000), "2.95 M");
}

TEST(Wording, SaysThatAVariantBeatsTheOther) {
  EXPECT_THAT(outcomes(compared(-0.043, 0.009)),
              ElementsAre("contextual beats last 1 by 0.043 nats at H = 32, 4.8 standard errors"));
}

TEST(Wording, SaysWhoBeatsWhomByTheSideThatIsBetter) {
  EvaluationTable table = compared(0.043, 0.009);
  table.described[0].spec.better = Better::higher;
  EXPECT_THAT(outcomes(table),
              ElementsAre("contextual beats last 1 by 0.043 nats at H = 32, 4.8 standard errors"));
  table.entries[0].paired->value = -0.043;
  EXPECT_THAT(outcomes(table),
              ElementsAre("contextual falls short of last 1 by 0.043 nats at H = 32, 4.8 standard errors"));
}

TEST(Wording, SaysWhyThereIsNoStandardError) {
  EvaluationTable table = compared(2.0, kNan);
  table.described[0].spec.aggregate = Aggregate::max;
  EXPECT_THAT(outcomes(table),
              ElementsAre("contextual is 2.000 nats above last 1 at H = 32; a maximum has no "
                          "standard error"));
  table.described[0].spec.aggregate = Aggregate::p95;
  table.entries[0].paired->clusters = 12;
  EXPECT_THAT(outcomes(table),
              ElementsAre("contextual is 2.000 nats above last 1 at H = 32; 12 documents are "
                          "too few for the standard error of a percentile"));
}

TEST(Wording, SaysThatAVariantFallsShort) {
  EXPECT_THAT(outcomes(compared(0.02, 0.005)),
              ElementsAre("contextual falls short of last 1 by 0.020 nats at H = 32, 4.0 standard errors"));
}

TEST(Wording, DoesNotClaimWhatTheErrorDoesNotCarry) {
  EXPECT_THAT(
      outcomes(compared(-0.017, 0.009)),
      ElementsAre(
          "contextual and last 1 are not distinguishable at H = 32: -0.017 nats, 1.9 standard errors"));
}

TEST(Wording, DoubtsWhatFewDocumentsSay) {
  EvaluationTable table = compared(-0.006, 0.001);
  table.entries[0].paired->clusters = 2;
  EXPECT_THAT(
      outcomes(table),
      ElementsAre(
          "contextual and last 1 are not distinguishable at H = 32: -0.006 nats, 6.0 standard errors, "
          "but from 2 documents only"));
  table.entries[0].paired->clusters = 6;
  EXPECT_THAT(outcomes(table),
              ElementsAre("contextual beats last 1 by 0.006 nats at H = 32, 6.0 standard errors, but "
                          "from 6 documents only"));
}

TEST(Wording, SaysThatOneDocumentGivesNoError) {
  EXPECT_THAT(
      outcomes(compared(-0.017, kNan)),
      ElementsAre("contextual is 0.017 nats below last 1 at H = 32; one document gives no standard error"));
}

TEST(Wording, SaysThatNothingCouldBeCompared) {
  EXPECT_THAT(outcomes(compared(kNan, kNan)),
              ElementsAre("contextual and last 1 cannot be compared at H = 32: no item has a value in both"));
}

TEST(Wording, TellsTheMeanWhereNothingIsPaired) {
  EvaluationTable table = compared(0, 1);
  table.entries[0].paired.reset();
  EXPECT_THAT(outcomes(table), ElementsAre("contextual reaches 0.256 (0.018) nats at H = 32"));
}

TEST(Wording, IsSilentAboutVariantsThatWereNotTrainedAndOtherFigures) {
  EvaluationTable table = compared(-0.1, 0.01);
  table.entries[0].trained = false;
  EXPECT_THAT(outcomes(table), IsEmpty());
  table.entries[0].trained = true;
  table.headline = "delta_nll.8";
  EXPECT_THAT(outcomes(table), IsEmpty());
}

TEST(Wording, TellsTheSampleSize) {
  EXPECT_EQ(sample_size(compared(0, 1)), "512 spans of 64 documents");
  EXPECT_EQ(sample_size(EvaluationTable{}), "");
  EvaluationTable table = compared(0, 1);
  table.cluster = "speaker";
  EXPECT_EQ(sample_size(table), "512 spans of 64 speakers");
  table.cluster = "";
  EXPECT_EQ(sample_size(table), "512 spans taken as independent");
}

}  // namespace
}  // namespace gistmill
