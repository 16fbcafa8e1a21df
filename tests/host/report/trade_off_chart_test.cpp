// Curves of one figure over another: which figures are drawn so, and where their points lie.
#include "host/report/trade_off_chart.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <regex>

namespace gistmill {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void add(EvaluationTable& table, const char* variant, const char* figure, double value,
         const char* over = "") {
  EvaluationEntry entry;
  entry.variant = variant;
  entry.figure = figure;
  entry.measured = {value, 0.125, 16, 8};
  table.entries.push_back(entry);
  FigureSpec spec{Aggregate::mean, Better::lower, "nats", figure, "threshold", std::nullopt};
  spec.over = over;
  const auto same = [&](const Figure& known) { return known.name == figure; };
  if (std::ranges::none_of(table.described, same)) table.described.push_back({figure, spec});
}

// Three thresholds: the lower, the more is kept and the less the others cost.
EvaluationTable two_variants() {
  EvaluationTable table;
  table.items = "spans";
  for (const char* variant : {"learned", "oracle"}) {
    const double less = variant[0] == 'o' ? 0.1 : 0.0;
    add(table, variant, "kept.0.1", 0.75);
    add(table, variant, "kept.0.3", 0.25);
    add(table, variant, "kept.1", 0.0);
    add(table, variant, "cost.0.1", 0.25 - less, "kept");
    add(table, variant, "cost.0.3", 0.5 - less, "kept");
    add(table, variant, "cost.1", 1.0, "kept");
  }
  return table;
}

std::vector<double> attributes(const std::string& svg, const std::string& name) {
  const std::regex pattern("<circle[^>]* " + name + "='([-0-9.]+)'");
  std::vector<double> out;
  for (std::sregex_iterator it(svg.begin(), svg.end(), pattern), end; it != end; ++it)
    out.push_back(std::stod((*it)[1]));
  return out;
}

TEST(TradeOffChart, IsOfFiguresThatHaveAnotherWithTheSameColumns) {
  EvaluationTable table = two_variants();
  add(table, "learned", "alone", 1.0, "kept");        // has no columns
  add(table, "learned", "lost.0.1", 1.0, "missing");  // what it is over was not measured
  add(table, "learned", "lost.0.3", 1.0, "missing");
  add(table, "learned", "half.0.1", 1.0, "kept");  // one of its columns is not there
  add(table, "learned", "half.7", 1.0, "kept");
  EXPECT_THAT(trade_off_ports(table), ElementsAre("cost"));
}

TEST(TradeOffChart, HasAPointForEachColumnOfEachVariantFromLeftToRight) {
  const std::string svg = trade_off_svg(two_variants(), "cost", {"learned"}, 900);
  const std::vector<double> x = attributes(svg, "cx");
  const std::vector<double> y = attributes(svg, "cy");
  ASSERT_EQ(x.size(), 6u);
  EXPECT_TRUE(x[0] < x[1] && x[1] < x[2]) << "though the thresholds rise the other way";
  EXPECT_TRUE(y[0] < y[1] && y[1] < y[2]) << "the more is kept, the lower stands the cost";
  EXPECT_EQ(x[0], x[3]);
  EXPECT_GT(y[4], y[1]) << "the oracle's lies below";
  EXPECT_THAT(svg, HasSubstr(">learned</text>"));
  EXPECT_THAT(svg, HasSubstr(">oracle</text>"));
}

TEST(TradeOffChart, SaysWhatIsDrawnOverWhat) {
  const std::string svg = trade_off_svg(two_variants(), "cost", {}, 900);
  EXPECT_THAT(svg, HasSubstr(">cost.0.1 in nats<tspan class='note' dx='8'>over kept.0.1 in nats</tspan>"));
}

TEST(TradeOffChart, HasTicksBetweenZeroAndOne) {
  EXPECT_THAT(trade_off_svg(two_variants(), "cost", {}, 900), HasSubstr(">0.5</text>"));
}

TEST(TradeOffChart, LeavesOutPointsWithoutAValueAndVariantsWithOne) {
  EvaluationTable table = two_variants();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (EvaluationEntry& entry : table.entries) {
    if (entry.variant == "learned" && entry.figure == "cost.0.1") entry.measured.value = nan;
    if (entry.variant == "oracle" && entry.figure != "cost.1") entry.measured.value = nan;
  }
  const std::string svg = trade_off_svg(table, "cost", {}, 900);
  EXPECT_EQ(attributes(svg, "cx").size(), 2u);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  for (EvaluationEntry& entry : table.entries) entry.measured.value = nan;
  EXPECT_THAT(trade_off_svg(table, "cost", {}, 900), IsEmpty());
}

}  // namespace
}  // namespace gistmill
