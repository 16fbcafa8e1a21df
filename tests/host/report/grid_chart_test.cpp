// Heat maps: which figures are grids, where their cells lie, and how strong their colors are. How they look
// is seen, not tested.
#include "host/report/grid_chart.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <regex>

namespace gistmill {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Cell {
  std::string variant, label;
  double value = 0;
};

EvaluationTable grid(const std::vector<Cell>& cells, Better better = Better::higher,
                     std::optional<double> ideal = 1.0) {
  EvaluationTable table;
  table.items = "prompts";
  for (const Cell& cell : cells) {
    EvaluationEntry entry;
    entry.variant = cell.variant;
    entry.figure = "found." + cell.label;
    entry.measured = {cell.value, 0.125, 16, 8};
    table.entries.push_back(entry);
    table.described.push_back({entry.figure, {Aggregate::mean, better, "", "needles found", "", ideal}});
  }
  return table;
}

const std::vector<Cell> kTwoByTwo = {{"student", "1024@0.1", 0.25},
                                     {"student", "1024@0.9", 1.0},
                                     {"student", "256@0.1", 0.5},
                                     {"student", "256@0.9", 0.0}};

std::vector<double> attributes(const std::string& svg, const std::string& name) {
  const std::regex pattern("<rect class='cell'[^>]* " + name + "='([-0-9.]+)'");
  std::vector<double> out;
  for (std::sregex_iterator it(svg.begin(), svg.end(), pattern), end; it != end; ++it)
    out.push_back(std::stod((*it)[1]));
  return out;
}

TEST(GridChart, IsOfFiguresWhoseColumnsAreAllOfTwoQuantities) {
  EvaluationTable table = grid(kTwoByTwo);
  EvaluationEntry other;
  other.variant = "student";
  for (const char* figure : {"nll", "delta.8", "half.1@2", "half.3", "one.1@2", "odd.1@2@3", "odd.@2"}) {
    other.figure = figure;
    table.entries.push_back(other);
  }
  EXPECT_THAT(grid_ports(table), ElementsAre("found"));
}

TEST(GridChart, PutsColumnsAndRowsInTheOrderOfTheirNumbers) {
  const std::string svg = grid_svg(grid(kTwoByTwo), "found", "student", 460);
  const std::vector<double> x = attributes(svg, "x");
  const std::vector<double> y = attributes(svg, "y");
  ASSERT_EQ(x.size(), 4U);
  EXPECT_GT(x[0], x[2]) << "1024 stands right of 256";
  EXPECT_EQ(x[0], x[1]);
  EXPECT_LT(y[0], y[1]) << "0.1 stands above 0.9";
  EXPECT_EQ(y[0], y[2]);
}

TEST(GridChart, HasColorsAsStrongAsTheValuesAreGood) {
  const std::string svg = grid_svg(grid(kTwoByTwo), "found", "student", 460);
  EXPECT_THAT(attributes(svg, "fill-opacity"), ElementsAre(0.25, 1.0, 0.5, 0.0));
  EXPECT_THAT(svg, HasSubstr("<title>1024@0.1: 0.250 (0.125), 16 prompts</title>"));
}

TEST(GridChart, TakesTheLowestForTheBestWhereLowerIsBetter) {
  const EvaluationTable table =
      grid({{"student", "1@1", 2.0}, {"student", "1@2", 4.0}, {"student", "2@1", 3.0}}, Better::lower,
           std::nullopt);
  EXPECT_THAT(attributes(grid_svg(table, "found", "student", 460), "fill-opacity"),
              ElementsAre(1.0, 0.0, 0.5));
}

TEST(GridChart, HasOneScaleForAllVariants) {
  std::vector<Cell> cells = kTwoByTwo;
  for (Cell& cell : cells) cell.value *= 4;
  cells.push_back({"untrained", "256@0.1", 1.0});
  const std::string svg = grid_svg(grid(cells), "found", "untrained", 460);
  EXPECT_THAT(attributes(svg, "fill-opacity"), ElementsAre(DoubleNear(0.25, 1e-9)));
}

TEST(GridChart, LeavesCellsWithoutAValueEmpty) {
  std::vector<Cell> cells = kTwoByTwo;
  cells[1].value = std::numeric_limits<double>::quiet_NaN();
  const std::string svg = grid_svg(grid(cells), "found", "student", 460);
  EXPECT_EQ(attributes(svg, "x").size(), 3U);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(grid_svg(grid(kTwoByTwo), "found", "another", 460), IsEmpty());
}

TEST(GridChart, KeepsTheOrderOfLabelsThatAreNoNumbersAndEscapesThem) {
  const EvaluationTable table =
      grid({{"a<b", "long@late", 0.5}, {"a<b", "long@<early", 0.5}, {"a<b", "short@late", 0.5}});
  const std::string svg = grid_svg(table, "found", "a<b", 460);
  EXPECT_LT(svg.find(">long<"), svg.find(">short<"));
  EXPECT_LT(svg.find(">late<"), svg.find(">&lt;early<"));
  EXPECT_THAT(svg, Not(HasSubstr("a<b")));
}

}  // namespace
}  // namespace gistmill
