// What the pictures contain. How they look is seen, not tested.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>

#include "host/report/ladder_chart.hpp"
#include "host/report/line_chart.hpp"

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// The number of attribute `name` of each element that begins with `element`.
std::vector<double> attributes(const std::string& svg, const std::string& element, const std::string& name) {
  const std::regex pattern(element + "[^>]* " + name + "='([-0-9.]+)'");
  std::vector<double> out;
  for (std::sregex_iterator it(svg.begin(), svg.end(), pattern), end; it != end; ++it)
    out.push_back(std::stod((*it)[1]));
  return out;
}

EvaluationTable ladder() {
  EvaluationTable table;
  table.paired = "last 1";
  const auto add = [&](std::string variant, double mean, double error, bool trained) {
    EvaluationEntry entry;
    entry.variant = std::move(variant);
    entry.figure = "delta_nll.32";
    entry.measured = {mean, error, 64, 8};
    entry.trained = trained;
    table.entries.push_back(entry);
  };
  add("last 1", 0.3, 0.02, false);
  add("dropped", 0.6, 0.02, false);
  add("contextual", 0.15, 0.02, true);
  return table;
}

TEST(LadderChart, GoesFromTheWorstToTheBest) {
  EXPECT_THAT(ladder_order(ladder()), ElementsAre("dropped", "last 1", "contextual"));
}

TEST(LadderChart, GoesFromTheWorstToTheBestWhereHigherIsBetterToo) {
  EvaluationTable table = ladder();
  table.described = {{"delta_nll.32", {Aggregate::mean, Better::higher, "", "", "", std::nullopt}}};
  EXPECT_THAT(ladder_order(table), ElementsAre("contextual", "last 1", "dropped"));
}

TEST(LadderChart, TakesAVariantThatWasNotMeasuredForTheWorst) {
  EvaluationTable table = ladder();
  table.entries[2].measured.value = std::nan("");  // contextual, the best otherwise
  EXPECT_THAT(ladder_order(table), ElementsAre("contextual", "dropped", "last 1"));
}

TEST(LadderChart, DrawsBarsInProportionToTheMeans) {
  const std::string svg = ladder_svg(ladder(), "delta_nll.32", {"contextual"}, 900);
  const auto widths = attributes(svg, "<rect class='bar", "width");
  ASSERT_EQ(widths.size(), 3U);
  EXPECT_NEAR(widths[0] / widths[1], 2.0, 0.01);
  EXPECT_NEAR(widths[0] / widths[2], 4.0, 0.02);
}

TEST(LadderChart, ColorsTrainedVariantsAndMarksThePairedOne) {
  const std::string svg = ladder_svg(ladder(), "delta_nll.32", {"contextual"}, 900);
  EXPECT_EQ(count(svg, "class='bar base'"), 2U);
  EXPECT_EQ(count(svg, "class='bar c0'"), 1U);
  EXPECT_EQ(count(svg, "class='mark'"), 1U);
  EXPECT_EQ(count(svg, "class='whisker ink'"), 3U);
  EXPECT_THAT(svg, HasSubstr(">0.150 (0.020)<"));
}

TEST(LadderChart, LeavesOutAWhiskerWithoutAnError) {
  EvaluationTable table = ladder();
  table.entries[0].measured.standard_error = kNan;
  EXPECT_EQ(count(ladder_svg(table, "delta_nll.32", {}, 900), "class='whisker ink'"), 2U);
}

TEST(LadderChart, DrawsMeansBelowZeroToTheLeftOfIt) {
  EvaluationTable table = ladder();
  table.entries[2].measured.value = -0.1;
  const auto from = attributes(ladder_svg(table, "delta_nll.32", {}, 900), "<rect class='bar", "x");
  ASSERT_EQ(from.size(), 3U);
  EXPECT_LT(from[2], from[1]);
  EXPECT_DOUBLE_EQ(from[0], from[1]);
}

TEST(LadderChart, EscapesNames) {
  EvaluationTable table = ladder();
  table.entries[0].variant = "<script>";
  EXPECT_THAT(ladder_svg(table, "delta_nll.32", {}, 900), Not(HasSubstr("<script>")));
}

TEST(LadderChart, IsEmptyWithoutEntries) {
  EXPECT_EQ(ladder_svg(EvaluationTable{}, "delta_nll.32", {}, 900), "");
  EvaluationTable table = ladder();
  for (EvaluationEntry& entry : table.entries) entry.measured.value = kNan;
  EXPECT_EQ(ladder_svg(table, "delta_nll.32", {}, 900), "");
}

LineChart loss_chart(std::vector<Point> points, Curve::Kind kind = Curve::Kind::smooth) {
  LineChart chart;
  chart.title = "loss";
  chart.x_title = "step";
  chart.curves = {{kind, 0, "", std::move(points)}};
  return chart;
}

TEST(LineChart, InterruptsTheLineWhereAValueIsNotFinite) {
  const std::string svg = to_svg(loss_chart({{1, 2.0}, {2, kNan}, {3, 1.5}, {4, 1.0}}));
  EXPECT_EQ(count(svg, "M"), 2U);
  EXPECT_EQ(count(svg, "L"), 1U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
}

TEST(LineChart, DoesNotLetASpikeFlattenTheCurve) {
  std::vector<Point> points;
  for (int i = 0; i < 1000; ++i) points.push_back({static_cast<double>(i), i == 500 ? 1e6 : 1.0 + 0.001 * i});
  const std::string svg = to_svg(loss_chart(points, Curve::Kind::raw));
  EXPECT_THAT(svg, HasSubstr(">1.4<"));
  EXPECT_THAT(svg, Not(HasSubstr("000<")));
}

TEST(LineChart, DrawsDotsAndErrorBarsOfMeasuredCurves) {
  const std::string svg = to_svg(loss_chart({{100, 0.4, 0.02}, {200, 0.3, kNan}}, Curve::Kind::measured));
  EXPECT_EQ(count(svg, "<circle"), 2U);
  EXPECT_EQ(count(svg, "class='whisker"), 1U);
}

TEST(LineChart, StaysSmallForALongRun) {
  std::vector<Point> points;
  for (int i = 0; i < 200'000; ++i) points.push_back({static_cast<double>(i), std::sin(i * 0.1)});
  EXPECT_LT(to_svg(loss_chart(points, Curve::Kind::raw)).size(), 20'000U);
}

TEST(LineChart, EscapesItsTexts) {
  LineChart chart = loss_chart({{1, 1.0}, {2, 2.0}});
  chart.title = "<i>";
  chart.curves[0].label = "<u>";
  EXPECT_THAT(to_svg(chart), Not(testing::ContainsRegex("<[iu]>")));
}

TEST(LineChart, PutsALegendThatIsTooWideBelowTheTitle) {
  LineChart chart = loss_chart({{1, 1.0}, {2, 2.0}});
  chart.curves[0].label = "first";
  EXPECT_EQ(attributes(to_svg(chart), "<text class='key'", "y"), std::vector<double>{16.0});
  const double high = attributes(to_svg(chart), "<line class='axis'", "y1").back();
  chart.curves.assign(12, chart.curves[0]);
  for (Curve& curve : chart.curves) curve.label = "a variant with a long name";
  const std::string svg = to_svg(chart);
  EXPECT_EQ(attributes(svg, "<text class='key'", "y").front(), 34.0);
  EXPECT_GT(attributes(svg, "<line class='axis'", "y1").back(), high) << "the frame makes room";
}

TEST(LineChart, HasNoTicksBetweenSteps) {
  EXPECT_THAT(to_svg(loss_chart({{1, 1.0}, {2, 2.0}})), Not(HasSubstr(">0.5<")));
}

TEST(LineChart, IsEmptyWithoutPoints) {
  EXPECT_EQ(to_svg(loss_chart({})), "");
  EXPECT_EQ(to_svg(loss_chart({{1, kNan}})), "");
}

TEST(LineChart, OfOneStepStillHasAFrame) {
  EXPECT_THAT(to_svg(loss_chart({{1, 2.0}})), HasSubstr("class='axis'"));
}

}  // namespace
}  // namespace gistmill
